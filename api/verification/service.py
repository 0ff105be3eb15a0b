"""Verifying documents of strangers: as many at once as the machine bears, as often as one address may."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, BinaryIO, Final

from api.accounts.pacing import Pacing
from api.accounts.rules import Pace, network_of, seconds
from api.db import Database
from api.verification.errors import VerificationLimit, VerifierBusy
from ca.documents.detached.report import to_json as file_json
from ca.documents.detached.verification import verify_by_digests, verify_detached
from ca.documents.verification import Trust
from ca.documents.verification.apart import verify_apart
from ca.ofd.report import to_json as ofd_json
from ca.ofd.verification import verify_package

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
        with self._place(address):
            return verify_apart(pdf, self._trust(), self._clock(), password=password or None)

    def verify_ofd(self, document: BinaryIO, address: str) -> dict[str, Any]:
        """The same for an OFD document. Raises VerificationLimit, VerifierBusy, OfdRefused's subclasses."""
        with self._place(address):
            return ofd_json(verify_package(document, self._trust(), self._clock()))

    def verify_file(self, content: BinaryIO | bytes, signature: bytes, address: str) -> dict[str, Any]:
        """The same for a file, or its SHA-256, with a signature beside it.

        Raises VerificationLimit, VerifierBusy, SignatureUnreadable.
        """
        with self._place(address):
            told = (signature, self._trust(), self._clock())
            if isinstance(content, bytes):
                return file_json(verify_by_digests(lambda _: {"sha256": content}, *told))
            return file_json(verify_detached(content, *told))

    @contextmanager
    def _place(self, address: str) -> Iterator[None]:
        """A turn for a caller from ``address``. Raises VerificationLimit, VerifierBusy."""
        self._count(network_of(address))
        if not self._places.acquire(timeout=_PATIENCE):
            raise VerifierBusy("no process is free")
        try:
            yield
        finally:
            self._places.release()

    def _count(self, network: str) -> None:
        if not network:
            return
        with self._db.write() as tx:
            wait = self._pacing.spend(tx, FROM_ADDRESS, self._clock(), "verifications", network)
        if wait:
            raise VerificationLimit("too many from this address", wait_seconds=seconds(wait))
