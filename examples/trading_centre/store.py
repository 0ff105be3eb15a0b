"""The centre's own little database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS enterprise (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, credit_code TEXT NOT NULL, role TEXT NOT NULL,
    user TEXT NOT NULL UNIQUE, password TEXT NOT NULL,
    binding TEXT, person TEXT, signing TEXT, encryption TEXT, record TEXT,
    UNIQUE (credit_code, role)
);
CREATE TABLE IF NOT EXISTS visit (
    token TEXT PRIMARY KEY, enterprise INTEGER REFERENCES enterprise, expires REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS tender (
    id INTEGER PRIMARY KEY, owner INTEGER NOT NULL REFERENCES enterprise,
    agency INTEGER REFERENCES enterprise, number TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
    state TEXT NOT NULL, pdf BLOB NOT NULL, sealed BLOB, sealed_by TEXT, generated_by TEXT,
    opens_at TEXT, closes_at TEXT, joint INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS upload (
    id TEXT PRIMARY KEY, tender INTEGER NOT NULL REFERENCES tender,
    bidder INTEGER NOT NULL REFERENCES enterprise, manifest TEXT NOT NULL, made_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS bid (
    id INTEGER PRIMARY KEY, tender INTEGER NOT NULL REFERENCES tender,
    bidder INTEGER NOT NULL REFERENCES enterprise, upload TEXT NOT NULL, manifest TEXT NOT NULL,
    handed_in_at TEXT NOT NULL, receipt TEXT, statement TEXT, opened TEXT, evaluated TEXT,
    UNIQUE (tender, bidder)
);
CREATE TABLE IF NOT EXISTS scan (
    id TEXT PRIMARY KEY, visit TEXT NOT NULL, enterprise INTEGER, kind TEXT NOT NULL, started TEXT NOT NULL,
    subject INTEGER, state TEXT NOT NULL DEFAULT 'open', told TEXT
);
CREATE TABLE IF NOT EXISTS wrong_password (user TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS ix_wrong_password ON wrong_password (user, at);
CREATE TABLE IF NOT EXISTS notice (
    nonce TEXT PRIMARY KEY, scan TEXT NOT NULL, version INTEGER NOT NULL, status TEXT NOT NULL
);
"""

BIDS: Final = """
SELECT b.*, e.name AS bidder_name FROM bid b JOIN enterprise e ON e.id = b.bidder
WHERE tender = ? ORDER BY b.id
"""
"""The bids of a tender, with their bidders' names."""


class Store:
    """A SQLite file; a connection for each use."""

    def __init__(self, file: Path) -> None:
        self._file = file
        with self.use() as db:
            _make_room(db)
            db.executescript(_SCHEMA)

    @contextmanager
    def use(self) -> Iterator[sqlite3.Connection]:
        """One transaction, kept unless an error leaves the block."""
        db = sqlite3.connect(self._file, timeout=20)
        db.row_factory = sqlite3.Row
        try:
            with db:
                db.execute("PRAGMA foreign_keys = ON")
                yield db
        finally:
            db.close()

    def one(self, query: str, *values: Any) -> sqlite3.Row | None:
        """The first row."""
        with self.use() as db:
            found: sqlite3.Row | None = db.execute(query, values).fetchone()
            return found

    def all(self, query: str, *values: Any) -> list[sqlite3.Row]:
        """Every row."""
        with self.use() as db:
            return db.execute(query, values).fetchall()

    def change(self, query: str, *values: Any) -> int:
        """How many rows it changed."""
        with self.use() as db:
            return db.execute(query, values).rowcount

    def add(self, query: str, *values: Any) -> int:
        """The id of the new row."""
        with self.use() as db:
            made = db.execute(query, values).lastrowid
            assert made is not None  # noqa: S101 - an INSERT has one
            return made


def _make_room(db: sqlite3.Connection) -> None:
    """Of the days when the centre encrypted bids itself: those bids, which were samples, are dropped."""
    columns = {row["name"] for row in db.execute("PRAGMA table_info(bid)")}
    if "summary_cms" in columns:
        db.execute("DROP TABLE bid")
        for column in ("opens_at TEXT", "closes_at TEXT", "joint INTEGER NOT NULL DEFAULT 0"):
            db.execute(f"ALTER TABLE tender ADD COLUMN {column}")
