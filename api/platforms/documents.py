"""PDFs that platforms send ahead of a scan: kept for a day, by their digest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from api.db import Database
from api.platforms import registered
from api.platforms.errors import DigestMismatch, DocumentMissing
from api.platforms.rules import DOCUMENT_KEPT, check_quota
from api.platforms.tables import document as table
from ca.documents.sealable import open_sealable


@dataclass(frozen=True, slots=True)
class SentDocument:
    """A PDF without its content. ``sha256``: hexadecimal; ``bytes``: its length."""

    sha256: str
    bytes: int
    pages: int
    expires_at: datetime


class Documents:
    """Takes documents in, and lets them go."""

    def __init__(self, db: Database, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._clock = clock

    def store(self, platform: str, pdf: bytes, expected: str | None = None) -> SentDocument:
        """Keep ``pdf``; sent again, it is kept longer. ``expected``: its SHA-256, in hexadecimal.

        Raises DigestMismatch, DocumentQuota and the subclasses of DocumentRefused.
        """
        digest, now = hashlib.sha256(pdf).hexdigest(), self._clock()
        if expected is not None and expected.lower() != digest:
            raise DigestMismatch(f"the document has the SHA-256 {digest}")
        pages = len(open_sealable(pdf).pages)
        made = SentDocument(digest, len(pdf), pages, now + DOCUMENT_KEPT)
        with self._db.write() as tx:
            registered.find(tx, platform, lock=True)  # two at a time must see each other's
            if not keep_until(tx, platform, digest, made.expires_at):
                count, size = _held(tx, platform, now)
                check_quota(count + 1, size + len(pdf))
                _insert(tx, platform, made, pdf, now)
        return made

    def forget(self) -> int:
        """Drop what has expired; returns how many."""
        with self._db.write() as tx:
            return tx.execute(delete(table).where(table.c.expires_at < self._clock())).rowcount


def listed(tx: Connection, platform: str, digests: Sequence[str], now: datetime) -> list[SentDocument]:
    """The documents with these digests, in this order. Raises DocumentMissing."""
    columns = (table.c.sha256, table.c.bytes, table.c.pages, table.c.expires_at)
    mine = (table.c.platform == platform) & (table.c.expires_at > now)
    rows = tx.execute(select(*columns).where(mine, table.c.sha256.in_(digests)))
    known = {row.sha256: SentDocument(*row) for row in rows}
    missing = [one for one in digests if one not in known]
    if missing:
        raise DocumentMissing(f"no document {missing[0]}")
    return [known[one] for one in digests]


def content(tx: Connection, platform: str, sha256: str) -> bytes:
    """The PDF, as long as it is there. Raises DocumentMissing."""
    mine = (table.c.platform == platform) & (table.c.sha256 == sha256)
    found: bytes | None = tx.execute(select(table.c.content).where(mine)).scalar_one_or_none()
    if found is None:
        raise DocumentMissing(f"no document {sha256}")
    return found


def keep_until(tx: Connection, platform: str, sha256: str, until: datetime) -> bool:
    """Keep a document at least until then; whether it is there."""
    mine = (table.c.platform == platform) & (table.c.sha256 == sha256)
    tx.execute(update(table).where(mine, table.c.expires_at < until).values(expires_at=until))
    return tx.execute(select(table.c.sha256).where(mine)).first() is not None


def _held(tx: Connection, platform: str, now: datetime) -> tuple[int, int]:
    held = select(func.count(), func.coalesce(func.sum(table.c.bytes), 0))
    count, size = tx.execute(held.where(table.c.platform == platform, table.c.expires_at > now)).one()
    return int(count), int(size)


def _insert(tx: Connection, platform: str, made: SentDocument, pdf: bytes, now: datetime) -> None:
    row = {"platform": platform, "sha256": made.sha256, "content": pdf, "bytes": made.bytes}
    more = {"pages": made.pages, "received_at": now, "expires_at": made.expires_at}
    tx.execute(insert(table).values(row | more))
