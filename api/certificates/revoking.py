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
from api.jobs.queue import Job, enqueue
from ca.errors import AlreadyRevoked
from ca.ledger import Entry, Ledger, State, serial_text
from ca.revocation import Revoker
from ca.status import Standing, standing

REVOKE: Final = "certificates.revoke"
"""The job that revokes one certificate; payload: serial (hexadecimal), reason, tell (0 or 1)."""

_LOOK_BACK: Final = timedelta(days=3)
_FRUITLESS: Final = (Status.EXPIRED, Status.FAILED)


def revoke_later(tx: Connection, serial: str, reason: str, now: datetime, *, tell: bool = False) -> None:
    """With the caller's transaction. ``tell``: the holder is, when it is done."""
    payload: dict[str, str | int] = {"serial": serial, "reason": reason, "tell": int(tell)}
    enqueue(tx, REVOKE, payload, run_at=now, key=f"{REVOKE}:{serial}")


class Revoking:
    """Revokes once."""

    def __init__(self, db: Database, ledger: Ledger, revoker: Revoker, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._ledger = ledger
        self._revoker = revoker
        self._clock = clock

    def revoke(self, serial: str, reason: str, *, tell: bool = False) -> bool:
        """Whether it was revoked now: neither before nor expired. Raises CertificateUnknown.

        ``tell``: the holder is, in the transaction of the revocation.
        """
        known = self._ledger.find(int(serial, 16))
        return self._revoke(known, reason, tell=tell)

    def do(self, job: Job) -> None:
        """The job; one that an earlier version put in tells nobody."""
        self.revoke(job.text("serial"), job.text("reason"), tell=bool(job.payload.get("tell", 0)))

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

    def _revoke(self, known: Entry, reason: str, *, tell: bool = False) -> bool:
        if not self._is_in_force(known):
            return False

        def told(tx: Connection) -> None:
            if tell:
                tell_revoked(tx, serial_text(known.serial), reason, self._clock())

        try:
            self._revoker.revoke(known.serial, reason, also=told)
        except AlreadyRevoked:
            return False
        return True

    def _is_in_force(self, known: Entry) -> bool:
        return standing(known.revocation) is not Standing.REVOKED and known.not_after >= self._clock()
