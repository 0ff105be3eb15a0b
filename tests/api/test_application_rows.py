"""Rows of applications on both databases: what an upgrade carries over, versions, files, and pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, column, func, insert, select, table
from sqlalchemy.event import listen

from api import migrations
from api.accounts.tables import person
from api.applications import evidence, queries
from api.applications.evidence import EvidenceKind
from api.applications.kinds import ApplicationKind
from api.applications.model import Application, Deed, Enterprise
from api.applications.rules import Action, Actor, Status, WrongMove
from api.applications.service.expire import Expiry
from api.applications.tables import file
from api.catalogue.seed import seed
from api.db import Database, UtcDateTime, make_engine
from api.messages.tables import message
from api.paging import PageRequest, Part
from api.payments import queries as orders
from api.payments.rules import Status as Paying
from api.review import queue
from api.review.queue import Filters
from tests.support.schemas import bring_up

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
OWNER = 1


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    is_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/a.db" if is_sqlite else request.getfixturevalue("postgres_url")
    made = make_engine(url)
    yield made
    made.dispose()


def put(tx: Connection, to: str, /, **row: Any) -> None:
    """A row as an earlier release would have written it."""
    columns = [
        column(key, UtcDateTime() if isinstance(value, datetime) else None) for key, value in row.items()
    ]
    tx.execute(insert(table(to, *columns)).values(row))


def of_the_first_release(tx: Connection) -> None:
    put(tx, "account_person", id=OWNER, phone="13800001234", created_at=NOW)
    put(tx, "catalogue_province", code="37", name="山东省")
    put(tx, "catalogue_platform", code="linyi", province="37", name="平台")
    put(tx, "catalogue_authority", code="ca", name="认证中心")
    product = {"code": "product", "platform": "linyi", "authority": "ca", "name": "证书", "scope": "登录"}
    made_how = {"profile": "enterprise-signing", "custody": "wrapped", "key_kind": "rsa-2048"}
    offer = {"validity_days": 30, "fee_fen": 0, "term": "一个月", "on_offer": True, "approvals": 1}
    put(tx, "catalogue_product", **product, **made_how, **offer)
    for number in ("20260101-AAAAAAAA", "20260101-BBBBBBBB"):
        enterprise = {"enterprise_name": "阳光公司", "credit_code": "91371300MA3C0TEQ4M"}
        legal_person = {"legal_person": "王建国", "legal_person_id": b"one"}
        administrator = {"administrator_name": "李晓明", "administrator_id": b"two"}
        times = {"created_at": NOW, "updated_at": NOW, "administrator_phone": "13800001234"}
        whose = {"id": number, "person_id": OWNER, "product": "product", "status": "submitted"}
        put(tx, "application", **whose, **enterprise, **legal_person, **administrator, **times)
        picture = {"media_type": "image/jpeg", "content": b"picture", "sha256": "ab" * 32}
        put(tx, "application_evidence", application_id=number, kind="licence", added_at=NOW, **picture)
        done = {"actor": "applicant", "actor_id": "1", "action": "submit", "status": "submitted"}
        put(tx, "application_event", application_id=number, at=NOW, **done)


def test_an_application_of_the_first_release_is_the_first_revision_of_a_claim(engine: Engine) -> None:
    db = Database(engine)
    migrations.upgrade(engine, "0010")
    with db.write() as tx:
        of_the_first_release(tx)
    migrations.upgrade(engine)
    with db.read() as tx:
        found = queries.find(tx, "20260101-AAAAAAAA")
        kept = evidence.fetch(tx, found.id, 1, EvidenceKind.LICENCE)
        same = evidence.fetch(tx, "20260101-BBBBBBBB", 1, EvidenceKind.LICENCE)
        (happened,) = queries.events(tx, found.id)
    assert (found.kind, found.revision, found.status) == (ApplicationKind.CLAIM, 1, Status.SUBMITTED)
    assert found.enterprise == Enterprise("阳光公司", "91371300MA3C0TEQ4M")
    assert (found.holder_name, found.holder_id, found.legal_person_id) == ("李晓明", b"two", b"one")
    assert (kept.content, kept.sha256) == (same.content, same.sha256) == (b"picture", "ab" * 32)
    assert (happened.action, happened.revision, happened.at) == ("submit", 1, NOW)


@pytest.fixture
def db(engine: Engine) -> Database:
    bring_up(engine)
    made = Database(engine)
    with made.write() as tx:
        seed(tx, "认证中心", NOW)
        tx.execute(insert(person).values(id=OWNER, phone="13800001234", created_at=NOW))
    return made


def a_claim(number: str, at: datetime = NOW) -> Application:
    return Application(
        id=number,
        kind=ApplicationKind.CLAIM,
        person_id=OWNER,
        status=Status.DRAFT,
        product="linyi-enterprise-month",
        product_version=1,
        enterprise_name="阳光公司",
        credit_code="91371300MA3C0TEQ4M",
        legal_person="王建国",
        legal_person_id=b"one",
        holder_name="李晓明",
        holder_id=b"two",
        holder_phone="13800001234",
        created_at=at,
        updated_at=at,
    )


def rejected(tx: Connection) -> Application:
    new = a_claim("20260101-CCCCCCCC")
    queries.add(tx, new)
    evidence.keep(tx, new, EvidenceKind.LICENCE, "image/jpeg", b"licence", NOW)
    evidence.keep(tx, new, EvidenceKind.PAPER_FORM, "image/jpeg", b"paper", NOW)
    for deed in (
        Deed(Actor.APPLICANT, "1", Action.UPLOAD_PAPER),
        Deed(Actor.APPLICANT, "1", Action.SUBMIT),
        Deed(Actor.OPERATOR, "operator", Action.REJECT),
    ):
        queries.advance(tx, queries.find(tx, new.id), deed, NOW, reason=deed.note)
    return queries.find(tx, new.id)


def test_a_revision_is_a_version_beside_the_one_before(db: Database) -> None:
    deed = Deed(Actor.APPLICANT, "1", Action.REVISE)
    with db.write() as tx:
        known = rejected(tx)
        said = replace(known, enterprise_name="阳光集团")
        second = queries.revise(tx, known, said, deed, NOW)
        evidence.carry_over(tx, second, 1, EvidenceKind.PAPER_FORM)
        names = [one.enterprise_name for one in queries.versions(tx, known.id)]
        kinds = [[one.kind for one in evidence.pieces(tx, known.id, number)] for number in (1, 2)]
        happened = [(one.action, one.revision) for one in queries.events(tx, known.id)]
    assert (second.status, second.revision, second.enterprise_name) == (Status.DRAFT, 2, "阳光集团")
    assert names == ["阳光公司", "阳光集团"]
    assert kinds == [[EvidenceKind.LICENCE, EvidenceKind.PAPER_FORM], [EvidenceKind.LICENCE]]
    assert happened == [("upload-paper", 1), ("submit", 1), ("reject", 1), ("revise", 2)]


def test_what_was_read_before_a_revision_moves_nothing(db: Database) -> None:
    with db.write() as tx:
        known = rejected(tx)
        queries.revise(tx, known, known, Deed(Actor.APPLICANT, "1", Action.REVISE), NOW)
        first_draft = replace(known, status=Status.DRAFT)
        with pytest.raises(WrongMove):
            queries.advance(tx, first_draft, Deed(Actor.LOCK, "ab", Action.SIGN), NOW)
        with pytest.raises(WrongMove):
            queries.revise(tx, known, known, Deed(Actor.APPLICANT, "1", Action.REVISE), NOW)


def test_the_same_picture_is_kept_once(db: Database) -> None:
    with db.write() as tx:
        for number in ("20260101-DDDDDDDD", "20260101-EEEEEEEE"):
            queries.add(tx, a_claim(number))
            known = queries.find(tx, number)
            for content in (b"first", b"licence", b"licence"):
                evidence.keep(tx, known, EvidenceKind.LICENCE, "image/jpeg", content, NOW)
        assert tx.execute(select(func.count()).select_from(file)).scalar_one() == 2
        assert evidence.fetch(tx, known.id, 1, EvidenceKind.LICENCE).content == b"licence"


def test_pages_follow_each_other_without_gap_or_repetition(db: Database) -> None:
    numbers = [f"20260101-{index:08d}" for index in range(7)]
    with db.write() as tx:
        for index, number in enumerate(numbers):  # several of them in the same moment
            queries.add(tx, a_claim(number, NOW + timedelta(seconds=index // 3)))
    with db.read() as tx:
        assert walked(lambda page: queries.of_person(tx, OWNER, page)) == numbers[::-1]
        drafts = Filters(status=Status.DRAFT)

        def queued(page: PageRequest) -> Part[Application]:
            return queue.listed(tx, drafts, 1, NOW, page).map(lambda one: one.application)

        assert walked(queued) == numbers


def walked(part: Callable[[PageRequest], Part[Application]]) -> list[str]:
    """The ids on all pages of two, one after the other."""
    seen, page = list[str](), PageRequest(limit=2)
    while (found := part(page)).last is not None:
        seen += [one.id for one in found.rows]
        page = replace(page, after=found.last)
    return seen + [one.id for one in found.rows]


def test_who_waits_for_is_told_in_the_same_transaction(db: Database) -> None:
    with db.write() as tx:
        known = rejected(tx)
    with db.read() as tx:
        (told,) = tx.execute(select(message)).all()
    assert (told.person_id, told.title, told.application_id) == (OWNER, "证书申请失败", known.id)
    assert "阳光公司" in told.text


def test_abandoned_applications_expire_and_their_persons_are_told(db: Database) -> None:
    moments = {"20260101-FFFFFFFF": NOW, "20260101-GGGGGGGG": NOW + timedelta(days=10)}
    with db.write() as tx:
        for number, at in moments.items():
            queries.add(tx, a_claim(number, at))
        rejected(tx)
    expiry = Expiry(db, lambda: NOW + timedelta(days=31))
    assert (expiry.sweep(), expiry.sweep()) == (1, 0)
    with db.read() as tx:
        stand = [queries.find(tx, number).status for number in moments]
        titles = {one.title for one in tx.execute(select(message))}
    assert stand == [Status.EXPIRED, Status.DRAFT]
    assert titles == {"申请已失效", "证书申请失败"}


def approved(tx: Connection, number: str) -> Application:
    """One whose product costs something."""
    queries.add(tx, replace(a_claim(number), product="linyi-enterprise-year"))
    for deed in (
        Deed(Actor.APPLICANT, "1", Action.UPLOAD_PAPER),
        Deed(Actor.APPLICANT, "1", Action.SUBMIT),
        Deed(Actor.OPERATOR, "operator", Action.APPROVE),
    ):
        queries.advance(tx, queries.find(tx, number), deed, NOW)
    return queries.find(tx, number)


def test_an_approval_makes_the_order_and_an_end_without_certificate_closes_it(db: Database) -> None:
    with db.write() as tx:
        known = approved(tx, "20260101-HHHHHHHH")
        made = orders.newest(tx, known.id)
        deed = Deed(Actor.SYSTEM, queries.SYSTEM, Action.FAIL)
        queries.advance(tx, known, deed, NOW, reason="签发失败")
        ended = orders.newest(tx, known.id)
    assert made is not None
    assert ended is not None
    assert (made.person_id, made.amount_fen) == (OWNER, 20000)
    assert (made.status, ended.status) == (Paying.CREATED, Paying.CLOSED)
    with db.read() as tx:
        passed, failed = tx.execute(select(message.c.text).order_by(message.c.id)).scalars()
    assert "请先支付 200.00 元。下载后您将成为该企业的管理员。" in passed
    assert "已通过审核，但未能办理完成" in failed


def test_a_page_is_read_along_an_index(tmp_path: Path) -> None:
    """Neither sorted nor searched through: the first page and any other cost the same, however many rows."""
    engine = make_engine(f"sqlite:///{tmp_path}/b.db")
    migrations.upgrade(engine)
    asked = list[str]()
    listen(engine, "before_cursor_execute", lambda *seen: asked.append(seen[2]))
    with Database(engine).read() as tx:
        for page in (PageRequest(), PageRequest(after=(NOW, "20260101-AAAAAAAA"))):
            queries.of_person(tx, OWNER, page)
            statement = asked[-1].replace("?", "'2026'")
            plan = [str(row[-1]) for row in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}")]
            assert any("ix_application_person" in step for step in plan), plan
            assert not any("TEMP B-TREE" in step or step == "SCAN application" for step in plan), plan
    engine.dispose()
