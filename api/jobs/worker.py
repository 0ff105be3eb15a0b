"""Threads that do jobs. Several processes may have some; a job is in one worker's hands at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from api.db import Database
from api.jobs import queue
from api.jobs.handlers import Handlers, InTransaction
from api.jobs.queue import Job, LeaseLost
from api.jobs.rules import LEASE
from api.logs import log
from ca.audit.event import Actor, act_as
from hsm.errors import SealBridgeError

_POLL_SECONDS: Final = 0.5
_STOP_SECONDS: Final = 30.0
_RENEW_SECONDS: Final = LEASE.total_seconds() / 4
_LOST_DATABASE_SECONDS: Final = 5.0


class Worker:
    """Does what is due. ``on_failure``: is told the name of a job whose attempt failed. ``patience``: seconds
    that ``stop`` waits for jobs under way; one that takes longer is done again elsewhere.

    Killed anywhere, it leaves nothing half done in the database: the job is done again once its lease has
    lapsed. What a handler does outside of the database it may therefore do twice.
    """

    def __init__(
        self,
        db: Database,
        handlers: Handlers,
        clock: Callable[[], datetime],
        on_failure: Callable[[str], None],
        threads: int = 2,
        patience: float = _STOP_SECONDS,
    ) -> None:
        self._db = db
        self._handlers = handlers
        self._clock = clock
        self._on_failure = on_failure
        self._patience = patience
        self._stopping = threading.Event()
        self._held: dict[int, Job] = {}
        names = [f"jobs-{number}" for number in range(threads)]
        self._threads = [threading.Thread(target=self._work, name=name, daemon=True) for name in names]
        self._threads.append(threading.Thread(target=self._hold, name="jobs-leases", daemon=True))

    def start(self) -> None:
        """Begin; returns at once."""
        now = self._clock()
        with self._db.write() as tx:
            for name, every in self._handlers.sweeps.items():
                queue.keep_sweep(tx, name, every, now)
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish the jobs under way and take no more."""
        self._stopping.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(self._patience)

    def do_next(self) -> bool:
        """Do one job that is due; returns whether there was any."""
        names, now = self._handlers.names(), self._clock()
        with self._db.read() as tx:
            if not queue.is_any_due(tx, names, now):
                return False
        with self._db.write() as tx:
            job = queue.take(tx, names, now)
        if job is None:
            return False
        self._held[job.id] = job
        try:
            with act_as(Actor("system", job.name)):
                self._do(job)
        finally:
            self._held.pop(job.id, None)
        return True

    def _do(self, job: Job) -> None:
        try:
            handler = self._handlers.of(job.name)
            if not isinstance(handler, InTransaction):
                handler(job)
            with self._db.write() as tx:
                if isinstance(handler, InTransaction):
                    handler.work(tx, job, self._clock())
                queue.finish(tx, job, self._clock())
        except LeaseLost:
            log.warning("job_taken_over", job=job.id, name=job.name)
        except Exception as error:
            self._failed(job, error)

    def _failed(self, job: Job, error: Exception) -> None:
        # The text of an unknown error may hold anything; of one of ours the code is enough.
        code = error.code if isinstance(error, SealBridgeError) else type(error).__name__
        self._on_failure(job.name)
        with self._db.write() as tx:
            dead = queue.fail(tx, job, code, self._clock())
        tell = log.error if dead else log.warning
        tell(
            "job_given_up" if dead else "job_failed",
            job=job.id,
            name=job.name,
            code=code,
            attempt=job.attempt,
        )

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                if not self.do_next():
                    self._stopping.wait(_POLL_SECONDS)
            except Exception as error:  # the database is away: so is every job, until it is back
                log.error("jobs_stalled", error=type(error).__name__)
                self._stopping.wait(_LOST_DATABASE_SECONDS)

    def _hold(self) -> None:
        """Renew the leases of what takes longer, also of the last jobs while the service stops."""
        while not self._stopping.wait(_RENEW_SECONDS) or self._held:
            time.sleep(_POLL_SECONDS)  # while stopping, the wait above is none
            for job in list(self._held.values()):
                try:
                    with self._db.write() as tx:
                        queue.renew(tx, job, self._clock())
                except Exception as error:
                    log.warning("job_lease_not_renewed", job=job.id, error=type(error).__name__)
