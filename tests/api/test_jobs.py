"""The queue of jobs: once, under leases, by several processes, through crashes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, func, select, update

from api.db import Database, make_engine
from api.jobs import queue, supervision
from api.jobs.handlers import Handlers
from api.jobs.queue import Job, LeaseLost, enqueue
from api.jobs.rules import KEPT, KEYS_KEPT, LEASE, MOST_ATTEMPTS, Status, is_given_up, pause
from api.jobs.tables import job
from api.jobs.worker import Worker
from tests.api.running import Server
from tests.api.working_child import SPEED, effect

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@pytest.fixture
def db(each_database: Database) -> Database:
    return each_database


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def _put(db: Database, name: str = "add", key: str | None = None, **payload: str | int) -> None:
    with db.write() as tx:
        enqueue(tx, name, payload, run_at=NOW, key=key)


def _take(db: Database, now: datetime = NOW) -> Job | None:
    with db.write() as tx:
        return queue.take(tx, ["add"], now)


def _statuses(db: Database) -> list[tuple[str, str | None]]:
    with db.read() as tx:
        return [tuple(row) for row in tx.execute(select(job.c.status, job.c.code).order_by(job.c.id))]


def test_pauses_double_and_end() -> None:
    pauses = [pause(attempt) for attempt in range(1, MOST_ATTEMPTS)]
    assert pauses[:4] == [timedelta(seconds=seconds) for seconds in (5, 10, 20, 40)]
    assert max(pauses) == timedelta(hours=1)
    assert timedelta(hours=4) < sum(pauses, timedelta()) < timedelta(hours=12)
    assert pause(10**6, timedelta(seconds=30)) == timedelta(seconds=30)
    assert not is_given_up(10**6, timedelta(seconds=30))


def test_a_job_is_kept_with_the_transaction_that_wants_it(db: Database) -> None:
    def fail_in_the_middle() -> None:
        with db.write() as tx:
            enqueue(tx, "add", {}, run_at=NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_in_the_middle()
    assert _take(db) is None


def test_a_key_is_once_only_also_after_the_job_is_done(db: Database) -> None:
    _put(db, key="a")
    _put(db, key="a")
    held = _take(db)
    assert held is not None
    assert _take(db) is None
    with db.write() as tx:
        queue.finish(tx, held, NOW)
    _put(db, key="a")
    assert _take(db) is None


def test_a_job_waits_for_its_time_and_for_a_worker_that_knows_it(db: Database) -> None:
    with db.write() as tx:
        enqueue(tx, "add", {"n": 7, "s": "甲"}, run_at=NOW + timedelta(minutes=1))
        enqueue(tx, "of another release", {}, run_at=NOW)
    assert _take(db) is None
    held = _take(db, NOW + timedelta(minutes=1))
    assert held is not None
    assert (held.number("n"), held.text("s"), held.attempt) == (7, "甲", 1)


def test_who_comes_too_late_keeps_nothing(db: Database, clock: Clock) -> None:
    _put(db)
    slow = _take(db)
    quick = _take(db, NOW + LEASE)
    assert slow is not None
    assert quick is not None
    assert quick.attempt == 2
    with pytest.raises(LeaseLost), db.write() as tx:
        queue.finish(tx, slow, NOW + LEASE)
    with db.write() as tx:
        assert not queue.renew(tx, slow, NOW + LEASE)
        assert not queue.fail(tx, slow, "late", NOW + LEASE)
        queue.finish(tx, quick, NOW + LEASE)
    assert _statuses(db) == [("done", None)]


def test_a_lease_that_is_renewed_holds(db: Database) -> None:
    _put(db)
    held = _take(db)
    assert held is not None
    with db.write() as tx:
        assert queue.renew(tx, held, NOW + LEASE / 2)
    assert _take(db, NOW + LEASE) is None


def test_what_fails_is_tried_again_and_given_up_and_brought_back(db: Database, clock: Clock) -> None:
    tried: list[int] = []
    failed: list[str] = []

    def work(one: Job) -> None:
        tried.append(one.attempt)
        if len(tried) <= MOST_ATTEMPTS:
            raise LeaseErrorOfNobody("138 1234 5678 must not be kept")

    handlers = Handlers()
    handlers.outside("add", work)
    worker = Worker(db, handlers, clock, failed.append)
    _put(db)
    for _ in range(MOST_ATTEMPTS):
        assert worker.do_next()
        assert not worker.do_next()  # not before its pause is over
        clock.later(hours=1)
    assert _statuses(db) == [("dead", "LeaseErrorOfNobody")]
    assert not worker.do_next()
    with db.write() as tx:
        assert supervision.retry(tx, clock.now) == 1
    assert worker.do_next()
    assert _statuses(db) == [("done", None)]
    assert tried == [*range(1, MOST_ATTEMPTS + 1), 1]
    assert failed == ["add"] * MOST_ATTEMPTS


class LeaseErrorOfNobody(Exception):
    pass


def test_a_job_that_kills_its_workers_is_given_up(db: Database) -> None:
    _put(db)
    now = NOW
    while _take(db, now) is not None:
        now += LEASE
    assert _statuses(db) == [("dead", "lease_lapsed")]
    assert now == NOW + LEASE * MOST_ATTEMPTS


def test_a_handler_s_effects_are_kept_with_the_end_of_the_job(db: Database, clock: Clock) -> None:
    def work(tx: Connection, one: Job, now: datetime) -> None:
        enqueue(tx, "next", {}, run_at=now)
        if one.attempt == 1:
            raise RuntimeError

    handlers = Handlers()
    handlers.in_transaction("add", work)
    worker = Worker(db, handlers, clock, lambda _: None)
    _put(db)
    for _ in range(2):
        assert worker.do_next()
        clock.later(hours=1)
    assert _statuses(db) == [("done", None), ("waiting", None)]


def test_a_sweep_has_one_row_and_goes_on_whatever_happens(db: Database, clock: Clock) -> None:
    rounds: list[datetime] = []

    def work() -> None:
        rounds.append(clock.now)
        if len(rounds) == 2:
            raise RuntimeError

    handlers = Handlers()
    handlers.every("sweep", 60, work)
    workers = [Worker(db, handlers, clock, lambda _: None, threads=0) for _ in range(2)]
    for worker in workers:
        worker.start()
    for _ in range(130):
        for worker in workers:
            worker.do_next()
        clock.later(seconds=1)
    assert [int((at - NOW).total_seconds()) for at in rounds] == [0, 60, 65, 125]
    assert len(_statuses(db)) == 1


def test_what_was_done_long_ago_is_forgotten(db: Database) -> None:
    for key in ("a", None):
        _put(db, key=key)
        held = _take(db)
        assert held is not None
        with db.write() as tx:
            queue.finish(tx, held, NOW)
    for later, left in ((KEPT, 2), (KEPT * 2, 1), (KEYS_KEPT * 2, 0)):
        with db.write() as tx:
            queue.clear(tx, NOW + later)
        assert len(_statuses(db)) == left


# ---- real processes ----


@pytest.fixture
def children(db: Database) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    effect.metadata.drop_all(db.engine)
    effect.metadata.create_all(db.engine)
    began, started = time.time(), []
    url = db.engine.url.render_as_string(hide_password=False)

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.api.working_child", url, str(began)]
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(child)
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        return child

    yield start
    for child in started:
        child.send_signal(signal.SIGCONT)
        child.communicate(timeout=30)
        assert child.returncode in (0, -signal.SIGKILL)


def _ask_for_work(db: Database) -> None:
    with db.write() as tx:
        for number in range(150):
            enqueue(tx, "add", {"what": str(number)}, run_at=datetime.now(UTC))


def _wait_until_done(db: Database) -> None:
    open_ = select(func.count()).where(job.c.name == "add", job.c.status != Status.DONE)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with db.read() as tx:
            if tx.execute(open_).scalar_one() == 0:
                return
        time.sleep(0.1)
    raise AssertionError(_statuses(db))


def _effects(db: Database) -> list[tuple[str, int]]:
    with db.read() as tx:
        return [tuple(row) for row in tx.execute(select(effect.c.what, effect.c.pid).order_by(effect.c.id))]


def test_processes_share_the_work_and_crashes_neither_lose_nor_repeat_any(
    db: Database, children: Callable[[], subprocess.Popen[str]]
) -> None:
    first = [children() for _ in range(3)]
    _ask_for_work(db)  # once all are there to take some
    time.sleep(0.3)
    first[0].kill()  # somewhere in the middle
    first.append(children())  # before one is stopped that may hold SQLite's only write lock
    first[1].send_signal(signal.SIGSTOP)  # stands still beyond its lease
    # Not until all is done: it may have stopped with a job's row locked, or with SQLite's only write lock.
    time.sleep(0.3 if db.engine.dialect.name == "sqlite" else 2 * LEASE.total_seconds() / SPEED)
    first[1].send_signal(signal.SIGCONT)
    if db.engine.dialect.name != "sqlite":
        first[2].kill()
    _wait_until_done(db)
    time.sleep(0.5)
    added = Counter(what for what, _ in _effects(db) if what.isdigit())
    assert added == Counter(str(number) for number in range(150))
    assert len({pid for what, pid in _effects(db) if what.isdigit()}) >= 2
    if db.engine.dialect.name == "sqlite":
        return  # who waits there for the write lock may outlast a lease, which is a second here
    # Rounds of the sweep did not overlap: each that ended did so before the next began. Aside from those of
    # the killed, and of the one that stood still: it goes on where it was, not knowing that its lease lapsed.
    ticks = [(what, pid) for what, pid in _effects(db) if not what.isdigit() and pid != first[1].pid]
    ended = [i for i, (what, _) in enumerate(ticks) if what == "end"]
    assert ended
    assert all(ticks[i - 1] == ("begin", ticks[i][1]) for i in ended)


def test_the_command_line_lists_and_retries(server: Server) -> None:
    db = Database(make_engine(f"sqlite:///{server.data}/sealbridge.db"))
    with db.write() as tx:
        enqueue(tx, "nobody does this", {"id": "A1"}, run_at=NOW, key="test of the command line")
        mine = job.c.key == "test of the command line"
        tx.execute(update(job).where(mine).values(status="dead", code="why", attempts=15, finished_at=NOW))
        number = tx.execute(select(job.c.id).where(mine)).scalar_one()
    shown = server.command("jobs", "list", "--status", "dead").stdout
    assert shown.startswith(f"{number}\tdead\tnobody does this")
    metrics = server.client().get("/metrics", headers=_metrics(server)).text
    assert 'sealbridge_jobs_dead{job="nobody does this"} 1.0' in metrics
    assert "sealbridge_jobs_wait_seconds 0.0" in metrics
    assert "1 个" in server.command("jobs", "retry", str(number)).stdout
    assert server.command("jobs", "retry", str(number)).returncode == 1
    assert "waiting\tnobody" in server.command("jobs", "list").stdout
    with db.write() as tx:
        tx.execute(job.delete().where(mine))
    db.engine.dispose()


def _metrics(server: Server) -> dict[str, str]:
    token = (server.data / "secrets" / "metrics.token").read_text().strip()
    return {"Authorization": f"Bearer {token}"}
