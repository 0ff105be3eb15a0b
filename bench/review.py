"""Applications through submission and approval; what a page of a queue or list costs as they become many."""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, insert, text, update

from api import migrations
from api.accounts.operators import add_operator, all_operators
from api.accounts.rules import Role
from api.accounts.sessions import Operator, Person
from api.accounts.tables import person
from api.applications import evidence, queries
from api.applications.evidence import EvidenceKind
from api.applications.kinds import ApplicationKind
from api.applications.model import Application
from api.applications.rules import Status
from api.applications.service.submit import Submitting
from api.applications.tables import application, revision
from api.catalogue.seed import seed
from api.db import Database, make_engine
from api.paging import PageRequest
from api.realname.id_numbers import IdNumbers
from api.review import queue
from api.review.conflicts import Conflicts
from api.review.queue import Filters
from api.review.rules import Assigned
from api.review.service.decide import Deciding
from api.review.service.hold import Holding
from bench.report import Line
from bench.setting import FOLDER, best
from ca.audit.journal import Journal
from tests.support import postgres

SMALL, LARGE = 1_000, 100_000
FLAT = 1.5
_PRODUCT: Final = "linyi-enterprise-month"
_START: Final = datetime(2026, 1, 1, tzinfo=UTC)
_KINDS: Final = (ApplicationKind.CLAIM, ApplicationKind.JOIN, ApplicationKind.CHANGE)
_STATUSES: Final = (Status.SUBMITTED, Status.SUBMITTED, Status.ISSUED, Status.REJECTED)

Page = Callable[[Connection], object]


def run(seconds: float) -> Iterator[Line]:
    """On SQLite, and on PostgreSQL where it is installed."""
    folder = FOLDER / "review"
    folder.mkdir()
    yield from _on("SQLite", lambda name: f"sqlite:///{folder}/{name}.db", seconds)
    if postgres.missing() is None:
        home = folder / "postgresql"
        FOLDER.chmod(0o755)
        folder.chmod(0o755)
        home.mkdir()
        with postgres.cluster(home) as url:
            yield from _on("PostgreSQL", partial(postgres.create_database, url), seconds)
        shutil.rmtree(home, ignore_errors=True)


def _on(engine_name: str, url: Callable[[str], str], seconds: float) -> Iterator[Line]:
    with _filled(url("small"), SMALL) as small, _filled(url("large"), LARGE) as large:
        yield _throughput(engine_name, small, seconds)
        for what, page in _pages().items():
            few, many = _interleaved(small, large, page, seconds)
            yield Line(f"{what}, {engine_name}, µs: {LARGE:,} beside {SMALL:,}", many, few, FLAT, True)


@contextmanager
def _filled(url: str, count: int) -> Iterator[Database]:
    engine = make_engine(url)
    migrations.upgrade(engine)
    db = Database(engine)
    with db.write() as tx:
        seed(tx, "基准", _START)
        people = [{"id": n, "phone": f"138{n:08d}", "created_at": _START} for n in range(1, count // 20 + 2)]
        tx.execute(insert(person), people)
        for begin in range(0, count, 5_000):
            _fill(tx, range(begin, min(begin + 5_000, count)))
    add_operator(db, "bench", "bench-password-1", _START, roles=[Role.REVIEWER])
    with engine.connect() as raw:
        raw.execute(text("ANALYZE"))
        raw.commit()
    yield db
    engine.dispose()


def _fill(tx: Connection, numbers: range) -> None:
    rows = [_row(number) for number in numbers]
    versions = [
        {
            "application_id": row["id"],
            "revision": 1,
            "product": _PRODUCT,
            "product_version": 1,
            "enterprise_name": row["enterprise_name"],
            "credit_code": row["credit_code"],
            "holder_name": "李晓明",
            "holder_id": b"sealed",
            "holder_phone": "13800001234",
            "created_at": row["created_at"],
        }
        for row in rows
    ]
    tx.execute(insert(application), rows)
    tx.execute(insert(revision), versions)


def _row(number: int) -> dict[str, Any]:
    at = _START + timedelta(seconds=7 * number)
    return {
        "id": f"20260101-{number:08d}",
        "kind": _KINDS[number % len(_KINDS)],
        "person_id": number // 20 + 1,
        "status": _STATUSES[number % len(_STATUSES)],
        "revision": 1,
        "product": _PRODUCT,
        "authority": "sealbridge",
        "enterprise_name": f"基准{number % 977}号建设有限公司",
        "credit_code": f"91371300MA{number // 4:08d}",
        "created_at": at,
        "updated_at": at,
    }


def _pages() -> dict[str, Page]:
    now = _START + timedelta(days=365)
    middle = (_START + timedelta(seconds=7 * 500), "20260101-00000500")
    later = PageRequest(limit=20, after=middle)
    first = PageRequest(limit=20)
    waiting = Filters(status=Status.SUBMITTED)
    claims = Filters(status=Status.SUBMITTED, kind=ApplicationKind.CLAIM)
    product = Filters(status=Status.SUBMITTED, product=_PRODUCT)
    nobody = Filters(status=Status.SUBMITTED, assigned=Assigned.NOBODY)
    return {
        "queue": lambda tx: queue.listed(tx, waiting, 1, now, first),
        "queue, later page": lambda tx: queue.listed(tx, waiting, 1, now, later),
        "queue of a kind": lambda tx: queue.listed(tx, claims, 1, now, first),
        "queue of a product": lambda tx: queue.listed(tx, product, 1, now, first),
        "queue of nobody": lambda tx: queue.listed(tx, nobody, 1, now, first),
        "search by name": lambda tx: queue.by_name(tx, "基准", now, first),
        "a person's list": lambda tx: queries.of_person(tx, 7, first),
    }


def _interleaved(small: Database, large: Database, page: Page, seconds: float) -> tuple[float, float]:
    """Median cost of a page in microseconds, in turns so that both meet the same disturbances."""
    costs: dict[int, list[float]] = {0: [], 1: []}
    until = time.perf_counter() + max(seconds, 0.5)
    while time.perf_counter() < until or len(costs[1]) < 30:
        for place, db in enumerate((small, large)):
            with db.read() as tx:
                began = time.perf_counter()
                page(tx)
                costs[place].append((time.perf_counter() - began) * 1e6)
    return statistics.median(costs[0]), statistics.median(costs[1])


def _throughput(engine_name: str, db: Database, seconds: float) -> Line:
    """Submitted, claimed and approved one after the other, with journal, messages and jobs."""
    with db.read() as tx:
        operator = next(one for one in all_operators(tx) if one.name == "bench")
    rounds, bare = list[float](), list[float]()
    for start in (0, 1_000_000):
        rounds.append(_rate(db, operator, start, seconds))
        bare.append(_bare(db, seconds) / 3)  # submission, claim and approval are a transaction each
    return Line(f"applications submitted and approved, {engine_name}", best(rounds), best(bare), None)


def _bare(db: Database, seconds: float) -> float:
    """Durable transactions a second that change one row and do nothing else."""
    began, done = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        with db.write() as tx:
            tx.execute(update(person).where(person.c.id == 1).values(created_at=_START))
        done += 1
    return done / (time.perf_counter() - began)


def _rate(db: Database, operator: Operator, start: int, seconds: float) -> float:
    journal = Journal(db.engine, "bench", _now)
    submitting = Submitting(db, _now, journal)
    conflicts = Conflicts(IdNumbers(bytes(range(32)), bytes(range(32))))
    holding, deciding = Holding(db, conflicts, _now, journal), Deciding(db, conflicts, _now, journal)
    numbers = [f"20270101-{start + number:08d}" for number in range(int(seconds * 400) + 50)]
    with db.write() as tx:
        for number in numbers:
            known = _signed(number)
            queries.add(tx, known)
            evidence.keep(tx, known, EvidenceKind.LICENCE, "image/jpeg", b"licence", _START)
    began, done = time.perf_counter(), 0
    for number in numbers:
        submitting.submit(Person(1, "13800000001", "bench"), number)
        holding.claim(operator, number)
        deciding.approve(operator, number)
        done += 1
        if time.perf_counter() - began > seconds:
            break
    return done / (time.perf_counter() - began)


def _signed(number: str) -> Application:
    return Application(
        id=number,
        kind=ApplicationKind.CLAIM,
        person_id=1,
        status=Status.SIGNED,
        product=_PRODUCT,
        product_version=1,
        enterprise_name="基准建设有限公司",
        credit_code="91371300MA3C0TEQ4M",
        legal_person="王建国",
        legal_person_id=b"sealed",
        holder_name="李晓明",
        holder_id=b"sealed",
        holder_phone="13800000001",
        created_at=_START,
        updated_at=_START,
    )


def _now() -> datetime:
    return datetime.now(UTC)
