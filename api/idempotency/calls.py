"""Keys and the answers kept for them."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from api.db import Database
from api.idempotency.errors import RequestInProgress
from api.idempotency.fingerprint import Fingerprint
from api.idempotency.rules import KEPT, LEASE
from api.idempotency.tables import call

_PURPOSE: Final = b"idempotency keys"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer. ``body``: None when it was too large to be kept."""

    status: int
    headers: Mapping[str, str]
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Kept:
    """The call was done before."""

    fingerprint: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Begun:
    """The call is this caller's to serve. ``name``, ``lease``: of its row."""

    name: str
    lease: str


class Calls:
    """``key``: the server's own, 32 bytes."""

    def __init__(self, db: Database, key: bytes, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._key = hmac.digest(key, _PURPOSE, hashlib.sha256)
        self._clock = clock

    def fingerprint(self, method: str, target: str, content_type: str) -> Fingerprint:
        """To be fed with the body."""
        return Fingerprint(self._key, method, target, content_type)

    def begin(self, caller: str, key: str) -> Begun | Kept:
        """Begin a call, or find what it gave before. Raises RequestInProgress."""
        name = hmac.new(self._key, f"{caller}\0{key}".encode(), hashlib.sha256).hexdigest()
        now, begun = self._clock(), Begun(name, secrets.token_hex(16))
        with self._db.write() as tx:
            row = tx.execute(select(call).where(call.c.name == name)).one_or_none()
            if row is not None and row.status is not None and row.ends_at > now:
                return Kept(row.fingerprint, _answer(row))
            if not _take(tx, row, begun, now):
                raise RequestInProgress("the first call with this key is being served")
        return begun

    def renew(self, begun: Begun) -> None:
        """The call is still being served."""
        self._change(begun, {"ends_at": self._clock() + LEASE})

    def keep(self, begun: Begun, fingerprint: str, answer: Answer) -> None:
        """The call is done: this answer from now on."""
        headers = json.dumps(dict(answer.headers))
        kept = {"fingerprint": fingerprint, "status": answer.status, "headers": headers, "body": answer.body}
        self._change(begun, kept | {"ends_at": self._clock() + KEPT})

    def release(self, begun: Begun) -> None:
        """Nothing is kept of the call; the key is free."""
        with self._db.write() as tx:
            tx.execute(delete(call).where(call.c.name == begun.name, call.c.lease == begun.lease))

    def clear(self) -> int:
        """Forget what is over; returns how many."""
        with self._db.write() as tx:
            return tx.execute(delete(call).where(call.c.ends_at <= self._clock())).rowcount

    def _change(self, begun: Begun, values: dict[str, Any]) -> None:
        mine = call.c.name == begun.name, call.c.lease == begun.lease
        with self._db.write() as tx:
            tx.execute(update(call).where(*mine).values(values))


def _take(tx: Connection, row: Row[Any] | None, begun: Begun, now: datetime) -> bool:
    values = {"lease": begun.lease, "ends_at": now + LEASE}
    if row is None:
        insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
        new = insert(call).values(name=begun.name, **values)
        # An INSERT has no count of rows that both databases tell.
        return tx.execute(new.on_conflict_do_nothing().returning(call.c.name)).first() is not None
    if row.ends_at > now:
        return False
    old = update(call).where(call.c.name == begun.name, call.c.lease == row.lease)
    nothing = {"fingerprint": None, "status": None, "headers": None, "body": None}
    return tx.execute(old.values(values | nothing)).rowcount == 1


def _answer(row: Row[Any]) -> Answer:
    return Answer(row.status, json.loads(row.headers), row.body)
