"""What platforms are to be told: put in with the act that it tells of, and sent until it is taken."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from api.db import Database
from api.errors import NotFound
from api.jobs.queue import Job, enqueue
from api.logs import log
from api.paging import PageRequest, Part, fetch
from api.platforms import registered
from api.platforms.registered import Platform
from api.platforms.rules import Standing
from api.platforms.tables import platform as platforms
from api.platforms.webhooks.rules import (
    KEPT,
    MOST_AT_ONCE,
    TURN_PAUSE,
    Outcome,
    State,
    body_of,
    next_try,
    outcome_of,
)
from api.platforms.webhooks.signing import signed
from api.platforms.webhooks.tables import attempt as attempts
from api.platforms.webhooks.tables import webhook as table
from api.platforms.webhooks.target import Poster, Undelivered
from api.platforms.webhooks.turns import Turns
from ca.own_certificates import OwnIdentity
from hsm.errors import SealBridgeError

JOB: Final = "platforms.webhook"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try. ``http_status``: of the answer, None without one."""

    number: int
    at: datetime
    outcome: Outcome
    http_status: int | None
    milliseconds: int


@dataclass(frozen=True, slots=True)
class Webhook:
    """A platform is to be told of a scan, in this ``status`` and ``version``. ``next_at``: the next try."""

    id: str
    platform: str
    scan: str
    version: int
    status: str
    body: str
    state: State
    attempts: int
    created_at: datetime
    next_at: datetime | None
    delivered_at: datetime | None
    tries: tuple[Attempt, ...] = ()


def webhook(
    tx: Connection, platform: str, scan: str, kind: str, status: str, hint: str, version: int, at: datetime
) -> None:
    """Tell a platform of a scan, if the caller's transaction is kept; nothing for one without a callback.

    Of each version of a scan a platform is told once.
    """
    asked = select(platforms.c.callback_url).where(platforms.c.id == platform)
    if tx.execute(asked).scalar_one_or_none() is None:
        return
    row = {"id": secrets.token_hex(10), "platform": platform, "scan": scan, "version": version}
    row |= {"status": status, "body": body_of(scan, kind, status, hint, version, at)}
    row |= {"state": State.WAITING, "attempts": 0, "created_at": at, "next_at": at}
    begin = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    told = begin(table).values(row).on_conflict_do_nothing().returning(table.c.id)
    made: str | None = tx.execute(told).scalar_one_or_none()
    if made is not None:
        enqueue(tx, JOB, {"webhook": made, "number": 1}, run_at=at)


class Outbox:
    """Sends webhooks, and shows what came of it. ``identity``: who signs."""

    def __init__(
        self, db: Database, poster: Poster, identity: Callable[[], OwnIdentity], clock: Callable[[], datetime]
    ) -> None:
        self._db = db
        self._poster = poster
        self._identity = identity
        self._clock = clock
        self._turns = Turns(MOST_AT_ONCE)

    def deliver(self, job: Job) -> None:
        """One try. A job that comes twice, after a crash or beside a platform's own wish, counts once."""
        webhook_id, number = job.text("webhook"), job.number("number")
        with self._db.read() as tx:
            row = tx.execute(select(table).where(table.c.id == webhook_id)).one_or_none()
            if row is None or row.attempts >= number:
                return
            known, platform = _webhook(row), registered.find(tx, row.platform)
        with self._turns.turn(platform.id) as is_free:
            if is_free:
                self._record(known, self._timed(known, platform, number))
                return
        with self._db.write() as tx:
            enqueue(tx, JOB, job.payload, run_at=self._clock() + TURN_PAUSE)

    def listed(self, platform: str, page: PageRequest) -> Part[Webhook]:
        """What a platform is told, newest first. Raises NotFound."""
        mine = select(table).where(table.c.platform == platform)
        with self._db.read() as tx:
            registered.find(tx, platform)
            return fetch(tx, mine, page, (table.c.created_at, table.c.id)).map(_webhook)

    def show(self, platform: str, webhook_id: str) -> Webhook:
        """With its tries, oldest first. Raises NotFound."""
        with self._db.read() as tx:
            return _with_tries(tx, _own(tx, platform, webhook_id))

    def redeliver(self, platform: str, webhook_id: str) -> Webhook:
        """Have it tried at once, whatever came of it before. Raises NotFound."""
        now = self._clock()
        with self._db.write() as tx:
            known = _own(tx, platform, webhook_id)
            mine = update(table).where(table.c.id == webhook_id)
            tx.execute(mine.values(state=State.WAITING, next_at=now))
            enqueue(tx, JOB, {"webhook": webhook_id, "number": known.attempts + 1}, run_at=now)
            return _with_tries(tx, _own(tx, platform, webhook_id))

    def forget(self) -> int:
        """Drop what was told long ago; returns how many."""
        with self._db.write() as tx:
            return tx.execute(delete(table).where(table.c.created_at < self._clock() - KEPT)).rowcount

    def _timed(self, known: Webhook, platform: Platform, number: int) -> Attempt:
        began = time.perf_counter()
        status, outcome = self._try(known, platform)
        took = round((time.perf_counter() - began) * 1000)
        return Attempt(number, self._clock(), outcome, status, took)

    def _try(self, known: Webhook, platform: Platform) -> tuple[int | None, Outcome]:
        if platform.standing is not Standing.ACTIVE:
            return None, Outcome.PLATFORM_SUSPENDED
        if platform.callback_url is None:
            return None, Outcome.NO_CALLBACK
        body = known.body.encode()
        try:
            headers = signed(self._identity(), platform.callback_url, body, self._clock())
            status = self._poster.post(platform.callback_url, headers, body)
        except Undelivered as failed:
            return None, failed.outcome
        except SealBridgeError as error:
            log.warning("webhook_not_signed", code=error.code)
            return None, Outcome.NOT_SIGNED
        return status, outcome_of(status)

    def _record(self, known: Webhook, made: Attempt) -> None:
        """Keep the try, and put in the next one or end."""
        is_done = made.outcome is Outcome.DELIVERED
        again = None if is_done else next_try(made.number, made.at)
        state = State.DELIVERED if is_done else State.GIVEN_UP if again is None else State.WAITING
        values: dict[str, Any] = {"state": state, "attempts": made.number, "next_at": again}
        if is_done:
            values["delivered_at"] = made.at
        mine = (table.c.id == known.id) & (table.c.attempts == made.number - 1)
        with self._db.write() as tx:
            if tx.execute(update(table).where(mine).values(values)).rowcount != 1:
                return
            tx.execute(insert(attempts).values(_row(known, made)))
            if again is not None:
                enqueue(tx, JOB, {"webhook": known.id, "number": made.number + 1}, run_at=again)


def _row(known: Webhook, made: Attempt) -> dict[str, Any]:
    row = {"webhook": known.id, "number": made.number, "at": made.at, "outcome": made.outcome}
    return row | {"http_status": made.http_status, "milliseconds": made.milliseconds}


def _own(tx: Connection, platform: str, webhook_id: str) -> Webhook:
    mine = (table.c.id == webhook_id) & (table.c.platform == platform)
    row = tx.execute(select(table).where(mine)).one_or_none()
    if row is None:
        raise NotFound(f"the platform has no webhook {webhook_id!r}")
    return _webhook(row)


def _with_tries(tx: Connection, known: Webhook) -> Webhook:
    mine = select(attempts).where(attempts.c.webhook == known.id).order_by(attempts.c.number)
    made = (
        Attempt(row.number, row.at, Outcome(row.outcome), row.http_status, row.milliseconds)
        for row in tx.execute(mine)
    )
    return replace(known, tries=tuple(made))


def _webhook(row: Row[Any]) -> Webhook:
    return Webhook(
        id=row.id,
        platform=row.platform,
        scan=row.scan,
        version=row.version,
        status=row.status,
        body=row.body,
        state=State(row.state),
        attempts=row.attempts,
        created_at=row.created_at,
        next_at=row.next_at,
        delivered_at=row.delivered_at,
    )
