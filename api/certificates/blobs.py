"""Sealed keys in the database (implements the ``KeyBlobs`` of ``hsm``)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from api.certificates.tables import key_blob, pin_tries
from api.db import Database
from hsm.errors import KeyExists


class NewKeyBlobs:
    """Keeps the blobs of new keys, each with a fresh count of PIN tries. A blob is never replaced."""

    def __init__(self, db: Database, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._clock = clock

    def get(self, label: str) -> bytes | None:
        """The blob under ``label``."""
        with self._db.read() as tx:
            asked = select(key_blob.c.blob).where(key_blob.c.label == label)
            found: bytes | None = tx.execute(asked).scalar_one_or_none()
            return found

    def put(self, label: str, blob: bytes) -> None:
        """Keep a new key's blob, durably. Raises KeyExists: of two who make the same key, one keeps it."""
        now = self._clock()
        try:
            with self._db.write() as tx:
                tx.execute(insert(key_blob).values(label=label, blob=blob, created_at=now))
                tx.execute(insert(pin_tries).values(label=label, taken=0, wrong=0, last_try_at=now))
        except IntegrityError:
            raise KeyExists(f"another request made the key {label!r} first") from None
