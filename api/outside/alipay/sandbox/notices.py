"""Notices: posted until the receiver says ``success``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
from sqlalchemy import Connection, Row, insert, select, update

from api.db import Database
from api.outside.alipay.sandbox.tables import notice

# Alipay itself waits 4 minutes, 10, 10, 1 hour, 2, 6 and 15 (25 hours in all); a developer would not.
_PAUSES: Final = tuple(timedelta(seconds=one) for one in (2, 5, 10, 30, 60, 300, 900))
_SECONDS: Final = 10.0
_AT_ONCE: Final = 20


def post_notice(tx: Connection, url: str, form: Mapping[str, str], now: datetime) -> None:
    """Put a signed notice on its way, in the transaction of what it tells."""
    row = {"url": url, "form": json.dumps(dict(form), ensure_ascii=False), "tries": 0, "due_at": now}
    tx.execute(insert(notice).values(row))


class Notices:
    """Delivers what is due. Several processes may: a notice is taken before it is posted."""

    def __init__(self, db: Database, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._clock = clock
        self._http = httpx.Client(timeout=_SECONDS, trust_env=False)

    def deliver_due(self) -> int:
        """Post what is due; how many were taken by their receiver."""
        due = notice.c.due_at <= self._clock()
        with self._db.read() as tx:
            found = tx.execute(select(notice).where(due).order_by(notice.c.id).limit(_AT_ONCE)).all()
        return sum(self._deliver(one) for one in found)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _deliver(self, one: Row[Any]) -> bool:
        pause = _PAUSES[one.tries] if one.tries < len(_PAUSES) else None
        next_try = self._clock() + pause if pause else None
        mine = notice.c.id == one.id, notice.c.tries == one.tries
        with self._db.write() as tx:
            taken = update(notice).where(*mine).values(tries=one.tries + 1, due_at=next_try)
            if tx.execute(taken).rowcount != 1:
                return False
        try:
            done = self._http.post(one.url, data=json.loads(one.form)).text.strip() == "success"
        except httpx.HTTPError:
            return False
        if done:
            with self._db.write() as tx:
                tx.execute(update(notice).where(notice.c.id == one.id).values(due_at=None))
        return done
