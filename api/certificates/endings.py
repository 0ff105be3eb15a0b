"""What a person held for an enterprise is revoked once the person does not act for it any more."""

from __future__ import annotations

from typing import Final

from api.certificates import queries
from api.certificates.queries import Holding
from api.certificates.revoking import Revoking
from api.db import Database
from api.enterprises import membership as members

_REASON: Final = "affiliation_changed"  # RFC 5280, section 5.3.1


class EndedMemberships:
    """Revokes what ended memberships leave behind; may be asked again after a crash anywhere."""

    def __init__(self, db: Database, revoking: Revoking) -> None:
        self._db = db
        self._revoking = revoking

    def revoke(self, membership_id: int) -> list[str]:
        """Revoke the person's certificates for the enterprise, both halves of dual ones; their serials.

        Those that were issued after the end belong to another membership and stay. Raises what the ledger
        raises; whatever was revoked before that is not revoked again.
        """
        left = self._left(membership_id)
        return [held.serial for held in left if self._revoking.revoke(held.serial, _REASON, tell=True)]

    def _left(self, membership_id: int) -> list[Holding]:
        with self._db.read() as tx:
            ended = members.find(tx, membership_id)
            if ended is None or ended.until is None:
                return []
            held = queries.of_enterprise(tx, ended.credit_code)
        mine = [one for one in held if one.person_id == ended.person_id]
        return [one for one in mine if one.issued_at <= ended.until]
