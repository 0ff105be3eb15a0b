"""实名认证即将到期: persons are told before a result ends, once a day of these."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import Connection, Row, exists, literal, select

from api.db import Database
from api.messages.kinds import MessageKind
from api.messages.posting import post
from api.messages.tables import message
from api.realname.tables import identity
from api.timezone import CHINA

DAYS: Final = (7, 30)
"""Before the end. After a pause of the service only the nearest is still told."""

_AT_ONCE: Final = 500
_KIND: Final = MessageKind.REAL_NAME_EXPIRING


class RealNameReminders:
    """A sweep; done again, it tells nobody twice."""

    def __init__(self, db: Database, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._clock = clock

    def sweep(self) -> int:
        """Tell everybody who is to be told now; returns how many messages were posted."""
        now = self._clock()
        ends = [now, *(now + timedelta(days=days) for days in DAYS)]
        return sum(self._tell(days, *span) for days, span in zip(DAYS, pairwise(ends), strict=True))

    def _tell(self, days: int, after: datetime, until: datetime) -> int:
        told = 0
        while True:
            with self._db.write() as tx:
                rows = _untold(tx, days, after, until)
                for row in rows:
                    facts = {"ends": f"{row.expires_at.astimezone(CHINA):%Y-%m-%d}"}
                    key = f"{_KIND}:{row.check_id}:{days}"
                    post(tx, row.person_id, _KIND, self._clock(), facts=facts, key=key)
            told += len(rows)
            if len(rows) < _AT_ONCE:
                return told


def _untold(tx: Connection, days: int, after: datetime, until: datetime) -> list[Row[Any]]:
    """Those whose result ends in (``after``, ``until``] and held longer than twice ``days``."""
    key = literal(f"{_KIND}:") + identity.c.check_id + literal(f":{days}")
    is_told = exists().where(message.c.person_id == identity.c.person_id, message.c.key == key)
    columns = identity.c.person_id, identity.c.check_id, identity.c.expires_at
    ending = identity.c.expires_at > after, identity.c.expires_at <= until
    begun = identity.c.verified_at <= until - timedelta(days=2 * days)
    return list(tx.execute(select(*columns).where(*ending, begun, ~is_told).limit(_AT_ONCE)))
