"""Seals in the database, on SQLite and PostgreSQL, with a real maker on a token: made once, carried over to
the certificate that follows, ended with the one that does not."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import insert, select, update

from api.accounts.tables import person
from api.applications.tables import application
from api.certificates import queries as holdings
from api.certificates.tables import holding
from api.db import Database
from api.enterprises.tables import enterprise
from api.jobs.queue import Job
from api.messages.tables import message
from api.seals import queries
from api.seals.errors import SealNotInUse, SealState, SealSuspended
from api.seals.faces import drawn
from api.seals.finishing import Finishing
from api.seals.making import SealMaker
from api.seals.own import OwnSeals
from api.seals.queries import By, RegisteredSeal
from api.seals.rules import Action, Actor, Status
from api.seals.tables import seal, seal_event
from ca.audit.journal import Journal
from ca.distinguished import SubjectFacts
from ca.hierarchy import Authority
from ca.issuance import IssuanceRequest
from ca.ledger import serial_text
from ca.own_certificates import OwnIdentity, Role
from ca.revocation import Revoker
from ca.seals.objects.reading import read_seal
from ca.seals.picture import SealDesign
from ca.seals.rules import SealKind
from hsm import KeyKind, Token, TokenKeys
from tests.api.people import a_credit_code, a_phone
from tests.ca.conftest import NOW, SmallCa, authorities, ca_with
from tests.ca.conftest import Clock as Clock

__all__ = ["authorities"]

NAME = "临沂阳光建设有限公司"
OPERATOR = By(Actor.OPERATOR, "operator")


@dataclass
class Bench:
    """An enterprise of its own on a shared database."""

    db: Database
    clock: Clock
    ca: SmallCa
    maker: SealMaker
    own: OwnSeals
    finishing: Finishing
    person: int
    credit_code: str

    def certificate(self, name: str = NAME, days: int = 30, follows: str | None = None) -> str:
        """A certificate of the enterprise in the person's hands; its serial."""
        label = secrets.token_hex(6)
        facts = SubjectFacts(enterprise_name=name, credit_code=self.credit_code)
        key = ec.generate_private_key(ec.SECP256R1()).public_key()
        asked = IssuanceRequest(label, "enterprise-signing", facts, key, days)
        serial = serial_text(self.ca.issuer.issue(asked).serial)
        row = {
            "id": f"A-{label}",
            "kind": "claim",
            "person_id": self.person,
            "status": "issued",
            "revision": 1,
        }
        row |= {"product": "p", "authority": "sealbridge", "created_at": NOW, "updated_at": NOW}
        held = {"serial": serial, "application_id": row["id"], "person_id": self.person, "kind": "enterprise"}
        held |= {"person_name": "李晓明", "enterprise_name": name, "credit_code": self.credit_code}
        held |= {"custody": "wrapped", "key_label": label, "issued_at": self.clock()}
        with self.db.write() as tx:
            tx.execute(insert(application).values(row))
            tx.execute(insert(holding).values(held))
            if follows is not None:
                tx.execute(update(holding).where(holding.c.serial == follows).values(replaced_by=serial))
        return serial

    def applied(self, serial: str, kind: SealKind = SealKind.CONTRACT, name: str = NAME) -> RegisteredSeal:
        """A seal that waits for review."""
        face = drawn(SealDesign(kind, name))
        with self.db.write() as tx:
            new = face.registered(holdings.find(tx, serial), Status.APPLIED, self.clock())
            queries.add(tx, new, face.pictures, By(Actor.HOLDER, "1"), None)
        return new

    def move(self, seal_id: str, action: Action, note: str | None = None) -> RegisteredSeal:
        with self.db.write() as tx:
            return queries.advance(tx, queries.find(tx, seal_id), action, OPERATOR, self.clock(), note)

    def make(self, seal_id: str) -> RegisteredSeal:
        self.finishing.make(Job(1, "seals.make", {"seal": seal_id}, "lease", 1, None))
        return self.find(seal_id)

    def find(self, seal_id: str) -> RegisteredSeal:
        with self.db.read() as tx:
            return queries.find(tx, seal_id)

    def seals(self, serial: str) -> list[RegisteredSeal]:
        with self.db.read() as tx:
            return queries.of_certificate(tx, serial)

    def round_seal(self, serial: str) -> RegisteredSeal:
        (one,) = [one for one in self.seals(serial) if one.kind is SealKind.ENTERPRISE]
        return one

    def revoke(self, serial: str, reason: str = "key_compromise") -> None:
        Revoker(self.ca.ledger, self.clock).revoke(int(serial, 16), reason)


@pytest.fixture(scope="module")
def identity(
    authorities: tuple[Authority, Authority], session_token: Token
) -> Callable[[SmallCa], OwnIdentity]:
    key = TokenKeys(session_token).generate(f"maker-{secrets.token_hex(4)}", KeyKind.P256)

    def made(ca: SmallCa) -> OwnIdentity:
        facts = SubjectFacts(enterprise_name="测试 CA", service_name="电子印章制作 1")
        request = IssuanceRequest(secrets.token_hex(6), "seal-maker", facts, key.public_key())
        chain = (ca.authority.certificate, *ca.authority.chain)
        certificate = ca.issuer.issue(request).certificate
        return OwnIdentity(Role.SEAL_MAKER, key, certificate, chain, certificate.not_valid_after_utc)

    return made


@pytest.fixture
def bench(
    each_database: Database,
    authorities: tuple[Authority, Authority],
    identity: Callable[[SmallCa], OwnIdentity],
) -> Bench:
    db, clock = each_database, Clock(NOW)
    ca = ca_with(authorities, db.engine, clock)
    with db.write() as tx:
        who = tx.execute(insert(person).values(phone=a_phone(), created_at=NOW).returning(person.c.id))
        number = int(who.scalar_one())
        tx.execute(update(seal).values(status="expired"))  # of tests before
    maker_of, journal = identity(ca), Journal(db.engine, "test", clock)
    maker = SealMaker(lambda: maker_of, ca.ledger, clock)
    own = OwnSeals(db, ca.ledger, maker, clock, journal)
    finishing = Finishing(db, ca.ledger, maker, clock, journal)
    return Bench(db, clock, ca, maker, own, finishing, number, a_credit_code())


def test_a_certificates_own_seal_is_made_once_whoever_asks(bench: Bench) -> None:
    serial = bench.certificate()
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: bench.own.ensure(serial), range(6)))
    (own,) = bench.seals(serial)
    assert (own.kind, own.name, own.status) == (SealKind.ENTERPRISE, f"{NAME}公章", Status.MADE)
    made = read_seal(own.der or b"")
    entry = bench.ca.ledger.find(int(serial, 16))
    assert (made.id, made.ends, own.valid_until) == (own.id, entry.not_after, entry.not_after)


def test_an_approved_seal_is_made_once_and_takes_the_place_of_the_one_like_it(bench: Bench) -> None:
    serial = bench.certificate()
    first = bench.applied(serial).id
    bench.move(first, Action.APPROVE)
    assert bench.make(first).status is Status.MADE
    der = bench.find(first).der
    assert bench.make(first).der == der  # the job was done twice
    second = bench.applied(serial).id
    bench.move(second, Action.APPROVE)
    assert bench.make(second).status is Status.MADE
    former = bench.find(first)
    assert (former.status, former.replaced_by) == (Status.REPLACED, second)


def test_a_seal_that_was_approved_before_the_renewal_is_made_for_the_new_certificate(bench: Bench) -> None:
    old = bench.certificate()
    waiting = bench.applied(old).id
    bench.move(waiting, Action.APPROVE)
    new = bench.certificate(follows=old)
    made = bench.make(waiting)
    assert (made.serial, made.status) == (new, Status.MADE)


def test_a_seal_of_a_revoked_certificate_is_not_made_and_its_holder_told(bench: Bench) -> None:
    serial = bench.certificate()
    waiting = bench.applied(serial).id
    bench.move(waiting, Action.APPROVE)
    bench.revoke(serial)
    refused = bench.make(waiting)
    assert (refused.status, refused.note) == (Status.REJECTED, "印章所绑定的证书已失效")
    with bench.db.read() as tx:
        told = tx.execute(select(message.c.kind).where(message.c.person_id == bench.person)).scalars().all()
    assert told == ["seal-rejected"]


def test_seals_go_on_with_the_certificate_that_follows(bench: Bench) -> None:
    old = bench.certificate()
    bench.own.ensure(old)
    contract = bench.applied(old).id
    bench.move(contract, Action.APPROVE)
    bench.make(contract)
    bench.move(contract, Action.FILE)
    bench.move(contract, Action.SUSPEND, "核查中")
    new = bench.certificate(follows=old, days=60)
    bench.own.follow(new)
    bench.own.follow(new)  # the job was done twice
    carried = {one.kind: one for one in bench.seals(new)}
    assert set(carried) == {SealKind.ENTERPRISE, SealKind.CONTRACT}
    assert carried[SealKind.ENTERPRISE].status is Status.MADE
    after = carried[SealKind.CONTRACT]
    assert (after.status, after.suspended_by, after.note) == (Status.SUSPENDED, Actor.OPERATOR, "核查中")
    assert bench.find(contract).replaced_by == after.id
    assert read_seal(after.der or b"").ends == bench.ca.ledger.find(int(new, 16)).not_after
    # The old certificate goes on until its end, and so do its seals.
    assert bench.round_seal(old).status is Status.MADE
    bench.clock.now += timedelta(days=31)
    bench.finishing.end_overdue()
    assert {one.status for one in bench.seals(old)} == {Status.REPLACED}
    assert bench.round_seal(new).status is Status.MADE


def test_what_was_destroyed_is_not_made_by_itself_again(bench: Bench) -> None:
    old = bench.certificate()
    bench.own.ensure(old)
    bench.move(bench.round_seal(old).id, Action.DESTROY, "印章遗失")
    bench.own.ensure(old)
    assert bench.round_seal(old).status is Status.DESTROYED
    new = bench.certificate(follows=old)
    bench.own.follow(new)
    assert bench.seals(new) == []
    with bench.db.read() as tx, pytest.raises(SealNotInUse):
        queries.seal_in_use(tx, new, SealKind.ENTERPRISE)


def test_a_renamed_enterprise_gets_a_new_round_seal_and_nothing_with_its_former_name(bench: Bench) -> None:
    old = bench.certificate()
    bench.own.ensure(old)
    contract = bench.applied(old).id
    bench.move(contract, Action.APPROVE)
    bench.make(contract)
    new = bench.certificate("临沂晨光建设有限公司", follows=old)
    bench.own.follow(new)
    assert [one.name for one in bench.seals(new)] == ["临沂晨光建设有限公司公章"]


def test_seals_end_with_their_certificates(bench: Bench) -> None:
    expiring, revoked, held, long = (bench.certificate(days=days) for days in (10, 60, 60, 60))
    for serial in (expiring, revoked, held, long):
        bench.own.ensure(serial)
    waiting = bench.applied(revoked).id
    bench.revoke(revoked)
    Revoker(bench.ca.ledger, bench.clock).suspend(int(held, 16))
    bench.clock.now += timedelta(days=11)
    assert bench.finishing.end_overdue() == 3
    assert bench.finishing.end_overdue() == 0
    assert bench.round_seal(expiring).status is Status.EXPIRED
    assert bench.round_seal(revoked).status is Status.DESTROYED
    assert bench.round_seal(held).status is Status.MADE
    assert bench.round_seal(long).status is Status.MADE
    assert bench.find(waiting).status is Status.REJECTED


def test_the_seal_of_a_former_legal_representative_ends(bench: Bench) -> None:
    serial = bench.certificate()
    row = {"credit_code": bench.credit_code, "name": NAME, "legal_person": "王建国", "since": NOW}
    with bench.db.write() as tx:
        tx.execute(insert(enterprise).values(row | {"administrator_id": bench.person}))
    waiting = bench.applied(serial, SealKind.LEGAL_PERSON, "王建国").id
    bench.move(waiting, Action.APPROVE)
    assert bench.make(waiting).name == "王建国名章"
    assert bench.finishing.end_overdue() == 0
    with bench.db.write() as tx:
        mine = enterprise.c.credit_code == bench.credit_code
        tx.execute(update(enterprise).where(mine).values(legal_person="赵敏"))
    assert bench.finishing.end_overdue() == 1
    ended = bench.find(waiting)
    assert (ended.status, ended.note) == (Status.DESTROYED, "法定代表人已变更")


def test_of_two_who_decide_at_once_one_is_told(bench: Bench) -> None:
    waiting = bench.applied(bench.certificate()).id

    def decide(action: Action) -> str:
        try:
            return bench.move(waiting, action).status
        except SealState as lost:
            return lost.code

    with ThreadPoolExecutor(2) as pool:
        ended = sorted(pool.map(decide, (Action.APPROVE, Action.REJECT)))
    assert ended in (["approved", "seal_state"], ["rejected", "seal_state"])
    with bench.db.read() as tx:
        asked = select(seal_event.c.action).where(seal_event.c.seal_id == waiting).order_by(seal_event.c.id)
        assert len(tx.execute(asked).all()) == 2


def test_a_suspended_seal_is_refused_by_its_kind_and_by_its_id(bench: Bench) -> None:
    serial = bench.certificate()
    bench.own.ensure(serial)
    own = bench.round_seal(serial)
    bench.move(own.id, Action.SUSPEND, "核查中")
    with bench.db.read() as tx:
        with pytest.raises(SealSuspended):
            queries.seal_in_use(tx, serial, SealKind.ENTERPRISE)
        with pytest.raises(SealSuspended):
            queries.require_in_use(tx, own.id, serial)


def test_what_an_operator_suspended_meanwhile_is_not_its_holders_to_release(bench: Bench) -> None:
    serial, holder = bench.certificate(), By(Actor.HOLDER, "1")
    bench.own.ensure(serial)

    def moved(known: RegisteredSeal, action: Action, by: By) -> RegisteredSeal:
        with bench.db.write() as tx:
            return queries.advance(tx, known, action, by, bench.clock())

    looked_at = moved(bench.round_seal(serial), Action.SUSPEND, holder)
    moved(moved(looked_at, Action.RELEASE, holder), Action.SUSPEND, OPERATOR)
    with pytest.raises(SealState):
        moved(looked_at, Action.RELEASE, holder)
    assert bench.find(looked_at.id).suspended_by is Actor.OPERATOR
