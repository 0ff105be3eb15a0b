"""Revocations that follow from something else, by jobs and sweeps: done again after a crash, they find what
they did before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, select

from api.applications.rules import Status
from api.applications.tables import application
from api.certificates.making import ENCRYPTION, request_id
from api.certificates.telling import tell_revoked
from api.db import Database
from api.jobs.queue import enqueue
from ca.errors import AlreadyRevoked
from ca.ledger import Entry, Ledger, State
from ca.revocation import Revoker
from ca.status import Standing, standing

REVOKE: Final = "certificates.revoke"
"""The job that revokes one certificate; payload: serial (hexadecimal), reason."""

_LOOK_BACK: Final = timedelta(days=3)
_FRUITLESS: Final = (Status.EXPIRED, Status.FAILED)


def revoke_later(tx: Connection, serial: str, reason: str, now: datetime) -> None:
    """With the caller's transaction."""
    enqueue(tx, REVOKE, {"serial": serial, "reason": reason}, run_at=now, key=f"{REVOKE}:{serial}")


class Revoking:
    """Revokes once."""

    def __init__(self, db: Database, ledger: Ledger, revoker: Revoker, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._ledger = ledger
        self._revoker = revoker
        self._clock = clock

    def revoke(self, serial: str, reason: str, *, tell: bool = False) -> bool:
        """Whether it was revoked now: neither before nor expired. Raises CertificateUnknown.

        ``tell``: the holder is. First, because a revocation that was done is not found again after a crash.
        """
        known = self._ledger.find(int(serial, 16))
        if not self._is_in_force(known):
            return False
        if tell:
            with self._db.write() as tx:
                tell_revoked(tx, serial, reason, self._clock())
        return self._revoke(known, reason)

    def revoke_orphans(self) -> int:
        """Certificates of downloads that were begun and could not be handed out any more; returns how many.

        Their keys open with a PIN that nobody may use here. A download that was cut short may have left one
        when its application then expired or failed.
        """
        since = self._clock() - _LOOK_BACK
        with self._db.read() as tx:
            ended = application.c.status.in_(_FRUITLESS), application.c.updated_at > since
            found = list(tx.execute(select(application.c.id).where(*ended)).scalars())
        names = [request_id(one) + half for one in found for half in ("", ENCRYPTION)]
        left = [entry for name in names if (entry := self._ledger.find_by_request(name)) is not None]
        return sum(self._revoke(one, "cessation_of_operation") for one in left if one.state is State.ISSUED)

    def _revoke(self, known: Entry, reason: str) -> bool:
        if not self._is_in_force(known):
            return False
        try:
            self._revoker.revoke(known.serial, reason)
        except AlreadyRevoked:
            return False
        return True

    def _is_in_force(self, known: Entry) -> bool:
        return standing(known.revocation) is not Standing.REVOKED and known.not_after >= self._clock()
