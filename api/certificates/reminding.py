"""即将过期, 已过期: holders are told before their certificates end, once a configured day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, literal, select

from api.applications.kinds import ApplicationKind
from api.applications.rules import Status
from api.applications.tables import application
from api.certificates.tables import holding
from api.db import Database
from api.messages.kinds import MessageKind
from api.messages.posting import post
from api.messages.tables import message
from api.timezone import CHINA
from ca.tables import certificate

_AT_ONCE: Final = 500
_TOLD_AFTERWARDS: Final = timedelta(days=7)


class Reminders:
    """``days``: before the end. After a pause of the service only the nearest reminder is still sent."""

    def __init__(self, db: Database, clock: Callable[[], datetime], days: Sequence[int]) -> None:
        self._db = db
        self._clock = clock
        self._days = sorted(set(days))

    def sweep(self) -> int:
        """Tell everybody who is to be told now; returns how many messages were posted."""
        now = self._clock()
        ends = [now, *(now + timedelta(days=days) for days in self._days)]
        told = self._tell_all(MessageKind.CERTIFICATE_EXPIRED, "", now - _TOLD_AFTERWARDS, now, now)
        for days, (after, until) in zip(self._days, pairwise(ends), strict=True):
            begun = now - timedelta(
                days=2 * days
            )  # two thirds are gone: a month's is not reminded of 30 days
            told += self._tell_all(MessageKind.CERTIFICATE_EXPIRING, f":{days}", after, until, begun)
        return told

    def _tell_all(
        self, kind: MessageKind, mark: str, after: datetime, until: datetime, begun: datetime
    ) -> int:
        """Those whose certificates end in (``after``, ``until``] and began by ``begun``, some at a time."""
        told = 0
        while True:
            with self._db.write() as tx:
                rows = _untold(tx, kind, mark, after, until, begun)
                for row in rows:
                    self._tell(tx, row, kind, mark)
            told += len(rows)
            if len(rows) < _AT_ONCE:
                return told

    def _tell(self, tx: Connection, row: Row[Any], kind: MessageKind, mark: str) -> None:
        now = self._clock()
        facts = {
            "enterprise": row.enterprise_name or "",
            "ends": f"{row.not_after.astimezone(CHINA):%Y年%m月%d日 %H:%M}",
            "days": str(-((now - row.not_after) // timedelta(days=1))),  # rounded up
        }
        key = f"{kind}:{row.serial}{mark}"
        post(tx, row.person_id, kind, now, serial=row.serial, facts=facts, key=key)


def _untold(
    tx: Connection, kind: MessageKind, mark: str, after: datetime, until: datetime, begun: datetime
) -> list[Row[Any]]:
    key = literal(f"{kind}:") + holding.c.serial + literal(mark)
    is_told = exists().where(message.c.person_id == holding.c.person_id, message.c.key == key)
    columns = holding.c.serial, holding.c.person_id, holding.c.enterprise_name, certificate.c.not_after
    asked = select(*columns).join(certificate, certificate.c.serial == holding.c.serial)
    lasts = (
        certificate.c.not_after > after,
        certificate.c.not_after <= until,
        certificate.c.not_before <= begun,
    )
    return list(tx.execute(asked.where(*lasts, _is_in_use(), ~is_told).limit(_AT_ONCE)))


def _is_in_use() -> ColumnElement[bool]:
    """Neither revoked nor renewed."""
    renewal = and_(
        application.c.serial == holding.c.serial,
        application.c.kind == ApplicationKind.RENEWAL,
        application.c.status == Status.ISSUED,
    )
    return and_(certificate.c.revoked_at.is_(None), ~exists().where(renewal))
