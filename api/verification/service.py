"""Verifying documents of strangers: as many at once as the machine bears, as often as one address may."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from api.accounts.pacing import Pacing
from api.accounts.rules import Pace, network_of, seconds
from api.db import Database
from api.verification.errors import VerificationLimit, VerifierBusy
from ca.documents.verification import Trust
from ca.documents.verification.apart import verify_apart

FROM_ADDRESS: Final = Pace(60, timedelta(seconds=10))  # offices share an address
_PATIENCE: Final = 20.0  # seconds


class Verifier:
    """``trust``: whom this installation trusts, asked each time. Documents are not kept."""

    def __init__(
        self, db: Database, pacing: Pacing, clock: Callable[[], datetime], trust: Callable[[], Trust]
    ) -> None:
        self._db, self._pacing, self._clock, self._trust = db, pacing, clock, trust
        self._places = threading.BoundedSemaphore(max(2, os.cpu_count() or 2))

    def verify(self, pdf: bytes, address: str, password: str | None = None) -> dict[str, Any]:
        """The report as ``telling.to_json`` gives it, for a caller from ``address``; ``password``: to
        open it with.

        Raises VerificationLimit, VerifierBusy, and the subclasses of VerificationRefused.
        """
        self._count(network_of(address))
        if not self._places.acquire(timeout=_PATIENCE):
            raise VerifierBusy("no process is free")
        try:
            return verify_apart(pdf, self._trust(), self._clock(), password=password or None)
        finally:
            self._places.release()

    def _count(self, network: str) -> None:
        if not network:
            return
        with self._db.write() as tx:
            wait = self._pacing.spend(tx, FROM_ADDRESS, self._clock(), "verifications", network)
        if wait:
            raise VerificationLimit("too many from this address", wait_seconds=seconds(wait))
