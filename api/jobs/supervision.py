"""The queue as an operator sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Connection, Row, func, select, update

from api.db import Database
from api.jobs.rules import Status
from api.jobs.tables import job


def listed(tx: Connection, status: Status | None, limit: int) -> list[Row[Any]]:
    """Jobs in a status (None: all that are not done), the next due first."""
    wanted = job.c.status != Status.DONE if status is None else job.c.status == status
    return list(tx.execute(select(job).where(wanted).order_by(job.c.run_at, job.c.id).limit(limit)))


def retry(tx: Connection, now: datetime, job_id: int | None = None) -> int:
    """Have a job that was given up tried again at once (None: all of them); returns how many."""
    dead = update(job).where(job.c.status == Status.DEAD)
    if job_id is not None:
        dead = dead.where(job.c.id == job_id)
    again = {"status": Status.WAITING, "attempts": 0, "run_at": now, "finished_at": None}
    return tx.execute(dead.values(again)).rowcount


class QueueCollector(Collector):
    """Gauges of the queue, read from the database when Prometheus asks."""

    def __init__(self, db: Database, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._clock = clock

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Due jobs, the longest wait, and those that were given up."""
        now = self._clock()
        due = (job.c.status == Status.WAITING) & (job.c.run_at <= now)
        with self._db.read() as tx:
            length, oldest = tx.execute(select(func.count(), func.min(job.c.run_at)).where(due)).one()
            dead = tx.execute(_dead_by_name()).all()
        yield GaugeMetricFamily("sealbridge_jobs_due", "Jobs that wait for a worker", value=length)
        wait = 0.0 if oldest is None else (now - oldest).total_seconds()
        yield GaugeMetricFamily("sealbridge_jobs_wait_seconds", "How long the first has waited", value=wait)
        gauge = GaugeMetricFamily("sealbridge_jobs_dead", "Jobs that were given up", labels=["job"])
        for name, count in dead:
            gauge.add_metric([name], count)
        yield gauge

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing: registering must not ask the database."""
        return iter(())


def _dead_by_name() -> Any:
    return select(job.c.name, func.count()).where(job.c.status == Status.DEAD).group_by(job.c.name)
