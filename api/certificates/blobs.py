"""Sealed keys in the database (implements the ``KeyBlobs`` of ``hsm``)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.certificates.tables import key_blob, pin_tries
from api.db import Database
from hsm.errors import KeyExists


class NewKeyBlobs:
    """Keeps the blobs of new keys, each with a fresh count of PIN tries. It never replaces one."""

    def __init__(self, db: Database, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._clock = clock

    def get(self, label: str) -> bytes | None:
        """The blob under ``label``."""
        with self._db.read() as tx:
            asked = select(key_blob.c.blob).where(key_blob.c.label == label)
            found: bytes | None = tx.execute(asked).scalar_one_or_none()
            return found

    def copy(self, label: str) -> bytes | None:
        """The escrowed copy of the key under ``label``."""
        with self._db.read() as tx:
            asked = select(key_blob.c.copy).where(key_blob.c.label == label)
            found: bytes | None = tx.execute(asked).scalar_one_or_none()
            return found

    def put(self, label: str, blob: bytes, copy: bytes | None = None) -> None:
        """Keep a new key's blob and its copy, durably.

        Raises KeyExists: of two who make the same key, one keeps it.
        """
        now = self._clock()
        try:
            with self._db.write() as tx:
                tx.execute(insert(key_blob).values(label=label, blob=blob, copy=copy, created_at=now))
                tx.execute(insert(pin_tries).values(label=label, taken=0, wrong=0, last_try_at=now))
        except IntegrityError:
            raise KeyExists(f"another request made the key {label!r} first") from None


def replace(tx: Connection, label: str, blob: bytes, now: datetime) -> None:
    """Put a recovered key's blob in the place of the one whose PIN was lost, with a fresh count of tries."""
    tx.execute(update(key_blob).where(key_blob.c.label == label).values(blob=blob))
    fresh = {"taken": 0, "wrong": 0, "last_try_at": now}
    tx.execute(update(pin_tries).where(pin_tries.c.label == label).values(fresh))


def exchange(tx: Connection, label: str, old: bytes, new: bytes) -> bool:
    """Put a blob under a new PIN in the place of ``old``; False when another change was faster."""
    mine = (key_blob.c.label == label) & (key_blob.c.blob == old)
    return tx.execute(update(key_blob).where(mine).values(blob=new)).rowcount == 1
