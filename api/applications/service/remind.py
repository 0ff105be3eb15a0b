"""申请即将失效: whoever an application waits for is told some days before it expires."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, exists

from api.applications import queries
from api.applications.kinds import ApplicationKind
from api.applications.model import Application
from api.applications.rules import ABANDONED_AFTER, Status, abandoned_before, may_expire
from api.applications.tables import application
from api.db import Database
from api.enterprises.administration import administrator_of
from api.messages.kinds import MessageKind
from api.messages.posting import post
from api.messages.tables import message
from api.timezone import CHINA

BEFORE: Final = timedelta(days=3)
_AT_ONCE: Final = 200
_KIND: Final = MessageKind.APPLICATION_EXPIRING


class ExpiryReminders:
    """A sweep; whoever went on with an application meanwhile is told again before the next end."""

    def __init__(self, db: Database, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._clock = clock

    def sweep(self) -> int:
        """Tell everybody who is to be told now; returns how many messages were posted."""
        return sum(self._tell(status) for status in ABANDONED_AFTER)

    def _tell(self, status: Status) -> int:
        told, now = 0, self._clock()
        near = abandoned_before(status, now + BEFORE)
        is_told = exists().where(
            message.c.application_id == application.c.id,
            message.c.kind == _KIND,
            message.c.posted_at >= application.c.updated_at,
        )
        kinds = [one for one in ApplicationKind if may_expire(one, status)]
        untold = application.c.kind.in_(kinds), ~is_told
        while True:
            with self._db.write() as tx:
                found = queries.waiting_since(tx, status, near, _AT_ONCE, *untold)
                for known in found:
                    self._post(tx, known, now)
            told += len(found)
            if len(found) < _AT_ONCE:
                return told

    @staticmethod
    def _post(tx: Connection, known: Application, now: datetime) -> None:
        reader = known.person_id
        if known.status is Status.CONSENT:
            reader = administrator_of(tx, known.enterprise.credit_code) or reader
        ends = known.updated_at + ABANDONED_AFTER[known.status]
        facts = {"deadline": f"{ends.astimezone(CHINA):%Y年%m月%d日 %H:%M}"}
        post(tx, reader, _KIND, now, application_id=known.id, facts=facts)
