"""The administrator's seal is interrupted, repeated, and raced; nothing is lost or done twice by it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from api.accounts.sessions import Person
from api.accounts.tables import person
from api.applications import evidence, queries
from api.applications.evidence import EvidenceKind
from api.applications.kinds import ApplicationKind
from api.applications.model import Application, Deed
from api.applications.outward import HeldCertificate
from api.applications.rules import Action, Actor, Status, WrongMove
from api.applications.service.consent import Consents
from api.catalogue.seed import seed
from api.db import Database
from api.enterprises.administration import appoint
from api.errors import NotFound
from api.messages.tables import message
from api.realname.id_numbers import IdNumbers
from ca.audit.journal import Journal
from tests.api.databases import migrated

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
CODE, NAME = "91371300MA3C0TEQ4M", "阳光公司"
BOSS, CLERK = Person(1, "13800000001"), Person(2, "13800000002")


class Certificates:
    """The administrator holds certificate ``ab``."""

    def find(self, tx: Connection, serial: str) -> HeldCertificate:
        return HeldCertificate("ab", ("ab",), BOSS.id, "claim", NAME, CODE, usable=True, revoked=False)


class Token:
    """Seals, and fails as many times as it is told. ``made``: how many seals."""

    failures = 0
    made = 0

    def stamp(self, who: Person, serial: str, pin: str, pdf: bytes, *_: Any) -> bytes:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the token was pulled")
        self.made += 1
        return pdf + b" sealed %d" % self.made


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[Database]:
    is_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/a.db" if is_sqlite else request.getfixturevalue("postgres_url")
    with migrated(url) as made:
        with made.write() as tx:
            _fill(tx)
        yield made


@pytest.fixture
def token() -> Token:
    return Token()


@pytest.fixture
def consents(db: Database, token: Token) -> Consents:
    journal = Journal(db.engine, "main", lambda: NOW)
    return Consents(db, Certificates(), token, IdNumbers(b"k" * 32, b"f" * 32), lambda: NOW, journal)


def _fill(tx: Connection) -> None:
    seed(tx, "认证中心", NOW)
    for one in (BOSS, CLERK):
        tx.execute(insert(person).values(id=one.id, phone=one.phone, created_at=NOW))
    appoint(tx, CODE, NAME, BOSS.id, NOW)
    claim = Application(
        id="claim",
        kind=ApplicationKind.CLAIM,
        person_id=BOSS.id,
        status=Status.DRAFT,
        product="linyi-enterprise-month",
        product_version=1,
        enterprise_name=NAME,
        credit_code=CODE,
        holder_name="王建国",
        holder_id=b"",
        holder_phone=BOSS.phone,
        created_at=NOW,
        updated_at=NOW,
    )
    queries.add(tx, claim)
    join = replace(
        claim, id="join", kind=ApplicationKind.JOIN, person_id=CLERK.id, product="linyi-clerk-month"
    )
    queries.add(tx, join)
    evidence.keep(tx, join, EvidenceKind.LETTER, "application/pdf", b"letter", NOW)
    queries.advance(tx, join, Deed(Actor.APPLICANT, str(CLERK.id), Action.ASK), NOW)


def _stands(db: Database) -> tuple[Status, list[str], bytes | None]:
    """Status, what happened, and the sealed letter."""
    with db.read() as tx:
        known = queries.find(tx, "join")
        there = EvidenceKind.SIGNED_LETTER in evidence.digests(tx, known)
        letter = evidence.fetch(tx, "join", 1, EvidenceKind.SIGNED_LETTER).content if there else None
        return known.status, [one.action for one in queries.events(tx, "join")], letter


def test_a_token_that_fails_moves_nothing_and_the_next_try_does(
    db: Database, consents: Consents, token: Token
) -> None:
    token.failures = 1
    with pytest.raises(ConnectionError):
        consents.consent(BOSS, "join", "ab", "pin")
    assert _stands(db) == (Status.CONSENT, ["ask"], None)
    assert consents.consent(BOSS, "join", "ab", "pin") is Status.SUBMITTED
    assert _stands(db) == (Status.SUBMITTED, ["ask", "consent"], b"letter sealed 1")


def test_a_repeated_consent_says_where_it_stands_and_seals_no_more(
    db: Database, consents: Consents, token: Token
) -> None:
    assert {consents.consent(BOSS, "join", "ab", "pin") for _ in range(3)} == {Status.SUBMITTED}
    assert token.made == 1
    with db.read() as tx:
        titles = [(one.person_id, one.title) for one in tx.execute(select(message).order_by(message.c.id))]
    assert titles == [(BOSS.id, "加入企业申请"), (CLERK.id, "管理员已同意加入企业")]


def test_of_two_who_consent_at_once_one_seal_is_kept(db: Database, consents: Consents) -> None:
    def consent(_: int) -> Status | None:
        try:
            return consents.consent(BOSS, "join", "ab", "pin")
        except WrongMove:
            return None

    with ThreadPoolExecutor(4) as pool:
        answers = set(pool.map(consent, range(4)))
    status, happened, letter = _stands(db)
    assert answers <= {Status.SUBMITTED, None}
    assert (status, happened) == (Status.SUBMITTED, ["ask", "consent"])
    assert letter is not None


def test_who_is_no_longer_the_administrator_sees_and_does_nothing(db: Database, consents: Consents) -> None:
    with db.write() as tx:
        appoint(tx, CODE, NAME, CLERK.id, NOW)
    for act in (
        lambda: consents.consent(BOSS, "join", "ab", "pin"),
        lambda: consents.decline(BOSS, "join", "不同意"),
        lambda: consents.letter(BOSS, "join"),
    ):
        with pytest.raises(NotFound):
            act()
    assert _stands(db)[0] is Status.CONSENT
