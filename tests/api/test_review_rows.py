"""Cases of every kind, their checks, and the ways that queues are read, on both databases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Select, insert, literal, text, tuple_

from api.accounts.operators import add_operator, all_operators, set_identity
from api.accounts.rules import Role
from api.accounts.sessions import Operator
from api.accounts.tables import person
from api.applications import evidence, queries
from api.applications.evidence import EvidenceKind
from api.applications.identities import (
    opened_holder_id,
    opened_legal_person_id,
    sealed_holder_id,
    sealed_legal_person_id,
)
from api.applications.kinds import NEEDS, ApplicationKind
from api.applications.model import Application, Deed
from api.applications.rules import Action as Move
from api.applications.rules import Actor, Status, WrongMove
from api.applications.tables import application
from api.catalogue.seed import seed
from api.certificates.at_hand import IssuedCertificates
from api.db import Database, make_engine
from api.jobs.queue import Job
from api.paging import PageRequest
from api.realname.id_numbers import IdNumbers
from api.realname.tables import check, identity
from api.review import claims, queue
from api.review.checks import pictures
from api.review.checks.making import make
from api.review.checks.subject import gather
from api.review.errors import CaseClaimed, ClaimNeeded, OwnApplication
from api.review.queue import Filters
from api.review.rules import LEASE, Assigned
from api.review.runs import Outcome
from api.review.service import Review, review
from api.review.signatures import Judge
from ca.audit.journal import Journal
from ca.ledger import Ledger
from ca.trust import LockTrust
from tests.api.people import COMPANY, a_credit_code, an_id_number
from tests.support.schemas import bring_up

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ID_NUMBERS = IdNumbers(b"k" * 32, b"f" * 32)
PRODUCTS = {ApplicationKind.JOIN: "linyi-clerk-month", ApplicationKind.PERSONAL: "linyi-personal-month"}


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    is_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/a.db" if is_sqlite else request.getfixturevalue("postgres_url")
    engine = make_engine(url)
    bring_up(engine)
    made = Database(engine)
    with made.write() as tx:
        seed(tx, "认证中心", NOW)
        for number in (1, 2):
            tx.execute(insert(person).values(id=number, phone=f"1380000123{number}", created_at=NOW))
    for name in ("first", "second"):
        add_operator(made, name, "An0ther-Operator", NOW, roles=[Role.REVIEWER])
    yield made
    engine.dispose()


@pytest.fixture
def operators(db: Database) -> tuple[Operator, Operator]:
    with db.read() as tx:
        first, second = all_operators(tx)
    return first, second


def judge(engine: Engine) -> Judge:
    at_hand = IssuedCertificates(Ledger(engine), lambda: NOW)
    return Judge(lambda: LockTrust(()), list, at_hand)


@pytest.fixture
def service(db: Database) -> Review:
    at_hand = IssuedCertificates(Ledger(db.engine), lambda: NOW)
    journal = Journal(db.engine, "test", lambda: NOW)
    return review(db, ID_NUMBERS, judge(db.engine), at_hand, lambda: NOW, journal)


def an_application(number: str, kind: ApplicationKind = ApplicationKind.CLAIM, **changes: Any) -> Application:
    needs = NEEDS[kind]
    of_enterprise: dict[str, Any] = {}
    if needs.enterprise:
        of_enterprise = {"enterprise_name": COMPANY, "credit_code": a_credit_code(), "legal_person": "王建国"}
    if needs.licence:
        sealed = sealed_legal_person_id(ID_NUMBERS, number, an_id_number())
        of_enterprise["legal_person_id"] = sealed
    told = {
        "id": number,
        "kind": kind,
        "person_id": 1,
        "status": Status.SUBMITTED,
        "product": PRODUCTS.get(kind, "linyi-enterprise-month"),
        "product_version": 1,
        "holder_name": "李晓明",
        "holder_id": sealed_holder_id(ID_NUMBERS, number, an_id_number()),
        "holder_phone": "13800001231",
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Application(**told | of_enterprise | changes)


def test_the_case_and_the_checks_of_every_kind(
    db: Database, service: Review, operators: tuple[Operator, Operator]
) -> None:
    for place, kind in enumerate(ApplicationKind):
        number = f"20260101-{place:08d}"
        with db.write() as tx:
            queries.add(tx, an_application(number, kind, serial="ab" if NEEDS[kind].certificate else None))
        judged(service, number, kind, operators)


def judged(service: Review, number: str, kind: ApplicationKind, operators: tuple[Operator, Operator]) -> None:
    job = Job(1, "check", {"application": number, "revision": 1, "token": number}, "", 1, None)
    service.checking.run(job)
    service.checking.run(job)  # the same job again, after a crash
    case = service.cases.file(number)
    run = case.current.run
    assert run is not None
    assert (run.revision, run.asked_by, run.version) == (1, None, 1)
    said = {one.code: one.outcome for one in run.results}
    assert (said["holder_id"], said["real_name"]) == (Outcome.PASSED, Outcome.FAILED)
    assert ("licence" in said, "letter_seal" in said) == (NEEDS[kind].licence, NEEDS[kind].letter)
    assert all(one.zh for one in run.results)
    for operator in operators[: max(case.approvals, 1)]:
        service.holding.claim(operator, number)
        service.deciding.approve(operator, number)
    assert service.cases.file(number).application.status is Status.APPROVED


def test_no_number_and_no_phone_is_in_the_results(db: Database, service: Review) -> None:
    number = an_id_number("110101")
    known = an_application("20260101-AAAAAAAA")
    known = replace(known, holder_id=sealed_holder_id(ID_NUMBERS, known.id, number))
    with db.write() as tx:
        queries.add(tx, known)
    service.checking.run(Job(1, "check", {"application": known.id, "revision": 1, "token": "a"}, "", 1, None))
    run = service.cases.file(known.id).current.run
    assert number not in str(run)
    assert known.holder_phone not in str(run)


def results(db: Database, known: Application) -> dict[str, Outcome]:
    with db.read() as tx:
        seen = gather(tx, known, ID_NUMBERS, judge(db.engine), NOW)
    return {one.code: one.outcome for one in make(seen)}


def test_a_picture_that_brings_a_check_down_stops_nothing(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = an_application("20260101-AAAAAAAA")
    with db.write() as tx:
        queries.add(tx, known)
        evidence.keep(tx, known, EvidenceKind.LICENCE, "image/jpeg", b"\xff\xd8 no picture", NOW)
        evidence.keep(tx, known, EvidenceKind.PAPER_FORM, "image/jpeg", b"\xff\xd8 no picture", NOW)

    def crash(_: bytes) -> None:
        raise MemoryError

    monkeypatch.setattr(pictures, "find_seal", crash)
    said = results(db, known)
    for code in ("licence", "red_seal", "handwriting"):
        assert said[code] is Outcome.NOT_POSSIBLE, code
    assert said["credit_code"] is Outcome.PASSED


def test_somebody_elses_application_and_picture_are_noticed(db: Database) -> None:
    mine, code = an_application("20260101-AAAAAAAA"), a_credit_code()
    rival = an_application("20260101-BBBBBBBB", person_id=2, credit_code=mine.credit_code)
    other = an_application("20260101-CCCCCCCC", person_id=2, credit_code=code)
    with db.write() as tx:
        queries.add(tx, mine)
        evidence.keep(tx, mine, EvidenceKind.LICENCE, "image/jpeg", b"licence", NOW)
    assert results(db, mine)["duplicate_application"] is Outcome.PASSED
    assert results(db, mine)["duplicate_picture"] is Outcome.PASSED
    with db.write() as tx:
        queries.add(tx, rival)
        queries.add(tx, other)
        evidence.keep(tx, other, EvidenceKind.LICENCE, "image/jpeg", b"licence", NOW)
    assert results(db, mine)["duplicate_application"] is Outcome.ATTENTION
    assert results(db, mine)["duplicate_picture"] is Outcome.ATTENTION


def test_a_child_is_no_legal_person(db: Database) -> None:
    known = an_application("20260101-AAAAAAAA")
    born_2015 = next(one for one in (f"37130020150101{n:04d}"[:17] for n in range(10, 99)) if len(one) == 17)
    checks = "10X98765432"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    number = born_2015 + checks[sum(int(d) * w for d, w in zip(born_2015, weights, strict=True)) % 11]
    known = replace(known, legal_person_id=sealed_legal_person_id(ID_NUMBERS, known.id, number))
    with db.write() as tx:
        queries.add(tx, known)
    assert results(db, known)["legal_person_id"] is Outcome.ATTENTION


# Claims.


def test_a_claim_lasts_as_long_as_its_lease(db: Database, operators: tuple[Operator, Operator]) -> None:
    first, second = operators
    known = an_application("20260101-AAAAAAAA")
    with db.write() as tx:
        queries.add(tx, known)
        claims.take(tx, known.id, first, NOW)
    with db.write() as tx, pytest.raises(CaseClaimed) as refused:
        claims.take(tx, known.id, second, NOW + LEASE - timedelta(seconds=1))
    assert refused.value.facts["operator"] == "first"
    with db.write() as tx:
        claims.hold(tx, known.id, first, NOW + timedelta(minutes=20))
        with pytest.raises(CaseClaimed):
            claims.take(tx, known.id, second, NOW + LEASE)
        claims.take(tx, known.id, second, NOW + timedelta(minutes=20) + LEASE)


def test_of_many_decisions_at_once_each_case_has_one(
    db: Database, service: Review, operators: tuple[Operator, Operator]
) -> None:
    numbers = [f"20260101-{place:08d}" for place in range(6)]
    with db.write() as tx:
        for number in numbers:
            queries.add(tx, an_application(number))

    def work(turn: int) -> list[str]:
        operator, done = operators[turn % 2], list[str]()
        for number in numbers if turn < 2 else reversed(numbers):
            with suppress(CaseClaimed, ClaimNeeded, WrongMove):
                service.holding.claim(operator, number)
                service.deciding.approve(operator, number)
                done.append(number)
        return done

    with ThreadPoolExecutor(4) as pool:
        done = [number for part in pool.map(work, range(4)) for number in part]
    assert sorted(done) == numbers
    for number in numbers:
        (approved,) = service.cases.file(number).events
        assert (approved.action, approved.status) == ("approve", "approved")


def test_whoever_is_concerned_does_not_judge(
    db: Database, service: Review, operators: tuple[Operator, Operator]
) -> None:
    """The holder, the legal representative, and the administrator who consented in an earlier version."""
    known, joining = (
        an_application("20260101-AAAAAAAA"),
        an_application("20260101-BBBBBBBB", ApplicationKind.JOIN, status=Status.CONSENT),
    )
    administrators = ID_NUMBERS.find_by(an_id_number())
    row = {"person_id": 2, "method": "police", "name": "王建国", "id_number": b""}
    row |= {"id_number_hash": administrators}
    of_check = {"id": "of-2", "status": "passed", "provider": "x", "started_at": NOW, "ends_at": NOW}
    of_identity = {"check_id": "of-2", "verified_at": NOW, "expires_at": NOW}
    with db.write() as tx:
        queries.add(tx, known)
        queries.add(tx, joining)
        tx.execute(insert(check).values(row | of_check))
        tx.execute(insert(identity).values(row | of_identity))
        queries.advance(tx, joining, Deed(Actor.ADMINISTRATOR, "2", Move.CONSENT), NOW)
        for deed in (Deed(Actor.OPERATOR, "second", Move.RETURN), Deed(Actor.APPLICANT, "1", Move.SUBMIT)):
            queries.advance(tx, queries.find(tx, joining.id), deed, NOW)
            if deed.action is Move.RETURN:
                queries.reopen(tx, queries.find(tx, joining.id))
    legal_person = opened_legal_person_id(ID_NUMBERS, known)
    concerned = [
        (known.id, ID_NUMBERS.find_by(opened_holder_id(ID_NUMBERS, known))),
        (known.id, ID_NUMBERS.find_by(legal_person or "")),
        (joining.id, administrators),
    ]
    journal = Journal(db.engine, "test", lambda: NOW)
    for number, hashed in concerned:
        set_identity(db, operators[0].name, hashed, journal)
        with pytest.raises(OwnApplication):
            service.holding.claim(operators[0], number)
    service.holding.claim(operators[1], known.id)  # whose identity nobody asked for


def test_withdrawn_while_it_is_read(
    db: Database, service: Review, operators: tuple[Operator, Operator]
) -> None:
    known = an_application("20260101-AAAAAAAA")
    with db.write() as tx:
        queries.add(tx, known)
    service.holding.claim(operators[0], known.id)
    with db.write() as tx:
        tx.execute(application.update().values(status=Status.WITHDRAWN))
    with pytest.raises(WrongMove):
        service.deciding.approve(operators[0], known.id)


# Reading along indexes.

READ_ALONG: Mapping[str, tuple[Filters, str]] = {
    "everything": (Filters(), "ix_application_updated"),
    "status": (Filters(status=Status.SUBMITTED), "ix_application_status"),
    "kind": (Filters(status=Status.SUBMITTED, kind=ApplicationKind.CLAIM), "ix_application_kind"),
    "product": (Filters(status=Status.SUBMITTED, product="linyi-enterprise-month"), "ix_application_product"),
    "authority": (Filters(status=Status.SUBMITTED, authority="sealbridge"), "ix_application_authority"),
    "unassigned": (Filters(status=Status.SUBMITTED, assigned=Assigned.NOBODY), "ix_application_status"),
}


def filled(db: Database, count: int = 300) -> None:
    with db.write() as tx:
        for index in range(count):
            at = NOW + timedelta(seconds=index)
            status = Status.SUBMITTED if index % 3 else Status.ISSUED
            changes = {"created_at": at, "updated_at": at, "status": status}
            queries.add(tx, an_application(f"20260101-{index:08d}", **changes))
    with db.engine.connect() as raw:
        raw.execute(text("ANALYZE"))
        raw.commit()


def plan(db: Database, asked: Select[Any]) -> str:
    """How the database reads it. On PostgreSQL a scan of so few rows would be as good: it is forbidden."""
    with db.read() as tx:
        compiled = asked.compile(tx, compile_kwargs={"render_postcompile": True})
        if tx.dialect.name == "sqlite":
            statement = f"EXPLAIN QUERY PLAN {compiled}"
        else:
            tx.execute(text("SET enable_seqscan = off"))
            tx.execute(text("SET enable_bitmapscan = off"))
            statement = f"EXPLAIN {compiled}"
        values = compiled.construct_params()
        bound: Any = (
            tuple(_plain(values[name]) for name in compiled.positiontup or ())
            if tx.dialect.name == "sqlite"
            else values
        )
        return "\n".join(str(tuple(row)) for row in tx.exec_driver_sql(statement, bound))


def _plain(value: Any) -> Any:
    return value.replace(tzinfo=None).isoformat(" ") if isinstance(value, datetime) else value


def test_queues_and_searches_read_along_an_index(db: Database) -> None:
    filled(db)
    is_postgresql = db.engine.dialect.name == "postgresql"  # which chooses by how many rows there are
    for name, (filters, index) in READ_ALONG.items():
        order = (application.c.updated_at, application.c.id)
        there = tuple_(literal(NOW, application.c.updated_at.type), literal("20260101-00000100"))
        asked = queue.asked(filters, 1, NOW).where(tuple_(*order) > there)
        read = plan(db, asked.order_by(*order).limit(21))
        assert index in read or is_postgresql, (name, read)
        assert "Index" in read or not is_postgresql, (name, read)
        assert "TEMP B-TREE" not in read, (name, read)
        assert "Sort" not in read.replace("Incremental Sort", ""), (name, read)
    named = queue.named("临沂").order_by(application.c.enterprise_name, application.c.id).limit(21)
    read = plan(db, named)
    assert "ix_application_enterprise_name" in read, read
    assert "TEMP B-TREE" not in read


def test_names_are_found_by_how_they_begin(db: Database) -> None:
    names = ["临沂甲公司", "临沂乙公司", "临沭公司", "AB公司", "abc公司"]
    with db.write() as tx:
        for index, name in enumerate(names):
            queries.add(tx, an_application(f"20260101-{index:08d}", enterprise_name=name))
        found = {
            prefix: [
                one.application.enterprise_name
                for one in queue.by_name(tx, prefix, NOW, PageRequest(limit=100)).rows
            ]
            for prefix in ("临沂", "临", "AB", "ab", "%", "_")
        }
    assert sorted(str(one) for one in found["临沂"]) == sorted(names[:2])
    assert len(found["临"]) == 3
    assert (found["AB"], found["ab"]) == (["AB公司"], ["abc公司"])
    assert found["%"] == found["_"] == []


def test_counting_stops(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "MOST_COUNTED", 150)
    filled(db)
    with db.read() as tx:
        counted = queue.counts(tx, 1, NOW)
    assert counted["submitted"] == queue.Count(150, True)
    assert counted["endorsed"] == queue.Count(0, False)
