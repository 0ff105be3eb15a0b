"""What a person held for an enterprise is revoked once the person does not act for it any more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from api.certificates import queries
from api.certificates.queries import Holding
from api.db import Database
from api.enterprises import membership as members
from ca.errors import AlreadyRevoked
from ca.ledger import Ledger
from ca.revocation import Revoker

_REASON: Final = "affiliation_changed"  # RFC 5280, section 5.3.1


class EndedMemberships:
    """Revokes what ended memberships leave behind; may be asked again after a crash anywhere."""

    def __init__(self, db: Database, ledger: Ledger, revoker: Revoker, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._ledger = ledger
        self._revoker = revoker
        self._clock = clock

    def revoke(self, membership_id: int) -> list[str]:
        """Revoke the person's certificates for the enterprise, both halves of dual ones; their serials.

        Those that were issued after the end belong to another membership and stay. Raises what the ledger
        raises; whatever was revoked before that is not revoked again.
        """
        return [held.serial for held in self._left(membership_id) if self._revoke(int(held.serial, 16))]

    def _left(self, membership_id: int) -> list[Holding]:
        with self._db.read() as tx:
            ended = members.find(tx, membership_id)
            if ended is None or ended.until is None:
                return []
            held = queries.of_enterprise(tx, ended.credit_code)
        mine = [one for one in held if one.person_id == ended.person_id]
        return [one for one in mine if one.issued_at <= ended.until]

    def _revoke(self, serial: int) -> bool:
        if self._ledger.find(serial).not_after < self._clock():
            return False
        try:
            self._revoker.revoke(serial, _REASON)
        except AlreadyRevoked:
            return False
        return True
