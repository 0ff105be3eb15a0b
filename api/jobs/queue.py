"""The queue: putting jobs in, and taking them out under a lease."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from api.errors import AppError
from api.jobs.rules import KEPT, KEYS_KEPT, LEASE, Status, is_given_up, pause
from api.jobs.tables import job
from hsm.errors import Kind

Payload = Mapping[str, str | int]

LEASE_LAPSED: Final = "lease_lapsed"
"""The code of a job whose worker died or stood still."""


class LeaseLost(AppError):
    """The worker was so late that another has the job now: nothing of its transaction may be kept."""

    kind = Kind.CONFLICT
    code = "job_lease_lost"
    zh = "任务已由其他进程接手"


@dataclass(frozen=True, slots=True)
class Job:
    """A job in a worker's hands. ``attempt``: 1 for the first. ``every``: of a sweep."""

    id: int
    name: str
    payload: Payload
    lease: str
    attempt: int
    every: timedelta | None

    def text(self, name: str) -> str:
        """A fact that is text. Raises KeyError."""
        return str(self.payload[name])

    def number(self, name: str) -> int:
        """A fact that is a number. Raises KeyError."""
        return int(self.payload[name])


def enqueue(tx: Connection, name: str, payload: Payload, *, run_at: datetime, key: str | None = None) -> None:
    """Have a job done at ``run_at`` or soon after, if the caller's transaction is kept.

    ``payload``: ids and numbers; no personal data, no secrets, since it is kept in clear and shown to
    operators. ``key``: a job with it is put in once, also when an earlier one is done already.
    """
    row = {"name": name, "payload": _json(payload), "run_at": run_at, "key": key}
    tx.execute(_insert(tx).values(row | {"status": Status.WAITING, "attempts": 0}).on_conflict_do_nothing())


def keep_sweep(tx: Connection, name: str, every: timedelta, now: datetime) -> None:
    """See to it that there is a sweep of this name, at this pace."""
    seconds, key = int(every.total_seconds()), f"every:{name}"
    row = {"name": name, "payload": "{}", "key": key, "run_at": now, "every": seconds}
    tx.execute(_insert(tx).values(row | {"status": Status.WAITING, "attempts": 0}).on_conflict_do_nothing())
    mine = update(job).where(job.c.key == key)
    tx.execute(mine.where(job.c.every != seconds).values(every=seconds))
    # A longer pace may have been in force before: the next round is never further away than one of the new.
    tx.execute(mine.where(job.c.run_at > now + every).values(run_at=now + every))


def is_any_due(tx: Connection, names: Collection[str], now: datetime) -> bool:
    """Whether ``take`` would find one; asked first, since it writes nothing."""
    return tx.execute(select(job.c.id).where(*_due(names, now)).limit(1)).first() is not None


def take(tx: Connection, names: Collection[str], now: datetime) -> Job | None:
    """A due job of one of these names, leased to the caller; None when there is none.

    One whose worker died too often is given up here: it may be what kills them.
    """
    # PostgreSQL passes over rows that another worker is taking; on SQLite a writer has no rival.
    due = select(job).where(*_due(names, now)).order_by(job.c.run_at, job.c.id).limit(1)
    row = tx.execute(due.with_for_update(skip_locked=True)).one_or_none()
    if row is None:
        return None
    if row.status == Status.RUNNING and is_given_up(row.attempts, _every(row)):
        dead = {"status": Status.DEAD, "code": LEASE_LAPSED, "lease": None, "finished_at": now}
        tx.execute(update(job).where(job.c.id == row.id).values(dead))
        return take(tx, names, now)
    lease = secrets.token_hex(16)
    taken = {"status": Status.RUNNING, "lease": lease, "run_at": now + LEASE, "attempts": row.attempts + 1}
    tx.execute(update(job).where(job.c.id == row.id).values(taken))
    return Job(row.id, row.name, json.loads(row.payload), lease, row.attempts + 1, _every(row))


def renew(tx: Connection, held: Job, now: datetime) -> bool:
    """Hold on to a job for another lease; False when it is lost."""
    return _mine(tx, held, {"run_at": now + LEASE})


def finish(tx: Connection, held: Job, now: datetime) -> None:
    """The job is done; a sweep waits for its next round. Raises LeaseLost."""
    values: dict[str, Any] = {"lease": None, "code": None, "finished_at": now}
    if held.every is None:
        values["status"] = Status.DONE
    else:
        values |= {"status": Status.WAITING, "run_at": now + held.every, "attempts": 0}
    if not _mine(tx, held, values):
        raise LeaseLost(f"job {held.id} was taken over")


def fail(tx: Connection, held: Job, code: str, now: datetime) -> bool:
    """The attempt failed: try again later, or give up. Returns whether it was given up."""
    dead = is_given_up(held.attempt, held.every)
    values: dict[str, Any] = {"lease": None, "code": code[:60]}
    if dead:
        values |= {"status": Status.DEAD, "finished_at": now}
    else:
        values |= {"status": Status.WAITING, "run_at": now + pause(held.attempt, held.every)}
    return _mine(tx, held, values) and dead


def clear(tx: Connection, now: datetime) -> int:
    """Forget what was done long ago; returns how many. A key is remembered longer than the job's content."""
    done = (job.c.status == Status.DONE) & (job.c.finished_at < now - KEPT)
    old = or_(job.c.key.is_(None), job.c.finished_at < now - KEYS_KEPT)
    return tx.execute(delete(job).where(done & old)).rowcount


def _due(names: Collection[str], now: datetime) -> tuple[Any, ...]:
    # Other names belong to another release that shares the database.
    open_ = job.c.status.in_((Status.WAITING, Status.RUNNING))
    return open_, job.c.run_at <= now, job.c.name.in_(sorted(names))


def _mine(tx: Connection, held: Job, values: dict[str, Any]) -> bool:
    mine = update(job).where(job.c.id == held.id, job.c.lease == held.lease)
    return tx.execute(mine.values(values)).rowcount == 1


def _every(row: Row[Any]) -> timedelta | None:
    return None if row.every is None else timedelta(seconds=row.every)


def _insert(tx: Connection) -> Any:
    return (postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert)(job)


def _json(payload: Payload) -> str:
    return json.dumps(dict(payload), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
