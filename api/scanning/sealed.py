"""Sealed documents, kept for their platform for a day.

They are written before the approval is complete, since together they may be larger than memory, and can be
fetched by their digests alone, which only the answer of a complete scan tells.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from api.db import Database
from api.scanning.errors import SealedDocumentGone
from api.scanning.kinds import KEPT
from api.scanning.tables import sealed_document


class SealedDocuments:
    """Keeps, gives and clears them."""

    def __init__(self, db: Database, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._clock = clock

    def stage(self, scan_id: str, number: int, pdf: bytes) -> str:
        """Keep a sealed document; its SHA-256."""
        digest, until = hashlib.sha256(pdf).hexdigest(), self._clock() + KEPT
        row = {"scan_id": scan_id, "number": number, "sha256": digest, "pdf": pdf, "expires_at": until}
        with self._db.write() as tx:
            insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
            # The same approval again, to the bit, after a crash.
            tx.execute(insert(sealed_document).values(row).on_conflict_do_nothing())
        return digest

    def read(self, scan_id: str, number: int, sha256: str) -> bytes:
        """Raises SealedDocumentGone."""
        this = (sealed_document.c.scan_id == scan_id, sealed_document.c.number == number)
        asked = select(sealed_document.c.pdf).where(*this, sealed_document.c.sha256 == sha256)
        with self._db.read() as tx:
            pdf = tx.execute(asked.where(sealed_document.c.expires_at > self._clock())).scalar_one_or_none()
        if pdf is None:
            raise SealedDocumentGone("kept for 24 hours")
        return bytes(pdf)

    def clear(self) -> int:
        """Delete what has been kept long enough; how many."""
        with self._db.write() as tx:
            old = delete(sealed_document).where(sealed_document.c.expires_at <= self._clock())
            return tx.execute(old).rowcount
