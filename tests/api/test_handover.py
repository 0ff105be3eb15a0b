"""Handing over administration: who may move it when, and what two who act at once leave behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from sqlalchemy import Engine, insert, select

from api.accounts.sessions import Person
from api.accounts.tables import person
from api.db import Database
from api.enterprises import membership as members
from api.enterprises.access import is_member, require_administrator, require_permission
from api.enterprises.administration import Approved, administrator_of, admit, appoint
from api.enterprises.errors import NotPermitted
from api.enterprises.handover.errors import HandoverClosed, HandoverExpired, HandoverPending
from api.enterprises.handover.queries import Handover
from api.enterprises.handover.rules import MOVES, OPEN_FOR, Action, Party, Status, move
from api.enterprises.handover.service import Handovers
from api.enterprises.rules import Permission
from api.enterprises.service import Enterprises
from api.enterprises.tables import handover, membership
from api.errors import NotFound
from api.messages.tables import message
from ca.audit.journal import Journal
from ca.documents.placing import Place
from tests.api.test_database import engine as engine
from tests.api.test_enterprise_rows import CODE, NAME, at_once, jobs
from tests.support.schemas import bring_up

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
GIVER, CLERK, OTHER = (Person(one, f"1380000000{one}") for one in (1, 2, 3))


@pytest.mark.parametrize(("status", "action", "party"), [*product(Status, Action, Party)])
def test_every_move_is_in_the_table_or_refused(status: Status, action: Action, party: Party) -> None:
    late = NOW + OPEN_FOR
    after, allowed = MOVES.get((status, action), (None, None))
    when = late if action is Action.EXPIRE else NOW
    if party is allowed:
        assert move(status, action, party, late, when) is after
        return
    with pytest.raises(HandoverClosed):
        move(status, action, party, late, when)


def test_seven_days_are_seven_days() -> None:
    ends = NOW + OPEN_FOR
    just_before = ends - timedelta(microseconds=1)
    assert move(Status.OFFERED, Action.ACCEPT, Party.RECIPIENT, ends, just_before) is Status.ACCEPTED
    with pytest.raises(HandoverExpired):
        move(Status.OFFERED, Action.ACCEPT, Party.RECIPIENT, ends, ends)
    with pytest.raises(HandoverClosed):
        move(Status.OFFERED, Action.EXPIRE, Party.SYSTEM, ends, just_before)


class Token:
    """Stands where the token is: what is asked of it is tried over HTTP elsewhere."""

    def stamp_letter(
        self, person: Person, credit_code: str, serial: str, pin: str, pdf: bytes, place: Place, reason: str
    ) -> bytes:
        assert pdf.startswith(b"%PDF-")
        return pdf


class Desk:
    """The services on one database, with a clock that can be set."""

    def __init__(self, engine: Engine) -> None:
        bring_up(engine)
        self.now = NOW
        self.db = Database(engine)
        journal = Journal(engine, "main", lambda: self.now)
        self.handovers = Handovers(self.db, Token(), lambda: self.now, journal)
        self.enterprises = Enterprises(self.db, lambda: self.now, journal)
        with self.db.write() as tx:
            rows = [{"id": one.id, "phone": one.phone, "created_at": NOW} for one in (GIVER, CLERK, OTHER)]
            tx.execute(insert(person), rows)
            appoint(tx, CODE, NAME, GIVER.id, NOW, Approved("王建国", None, "李晓明"))
            admit(tx, CODE, CLERK.id, [Permission.SEAL], NOW, person_name="张三丰")
            admit(tx, CODE, OTHER.id, [], NOW, person_name="赵六")

    def member(self, who: Person) -> int:
        with self.db.read() as tx:
            known = members.in_force(tx, who.id, CODE)
        assert known is not None
        return known.id

    def offer(self, to: Person = CLERK) -> Handover:
        return self.handovers.offer(GIVER, CODE, self.member(to), "a1", "8642-Seal")

    def status(self, known: Handover) -> str:
        with self.db.read() as tx:
            return str(tx.execute(select(handover.c.status).where(handover.c.id == known.id)).scalar_one())

    def check_one_administrator(self) -> int:
        with self.db.read() as tx:
            found = tx.execute(
                select(membership.c.person_id).where(
                    membership.c.credit_code == CODE,
                    membership.c.until.is_(None),
                    membership.c.role == "administrator",
                )
            )
            (one,) = found.scalars()
            assert administrator_of(tx, CODE) == one
        return int(one)

    def told(self, who: Person) -> list[str]:
        with self.db.read() as tx:
            asked = select(message.c.kind).where(message.c.person_id == who.id).order_by(message.c.id)
            return list(tx.execute(asked).scalars())


@pytest.fixture
def desk(engine: Engine) -> Desk:
    return Desk(engine)


def test_the_clerk_who_accepts_is_the_administrator_from_then_on(desk: Desk) -> None:
    former = desk.member(GIVER)
    offered = desk.offer()
    assert offered.expires_at == NOW + timedelta(days=7)
    assert desk.handovers.letter(CLERK, CODE, offered.id).startswith(b"%PDF-")
    assert desk.handovers.accept(CLERK, CODE, offered.id) is Status.ACCEPTED
    assert desk.check_one_administrator() == CLERK.id
    with desk.db.read() as tx:
        assert not is_member(tx, GIVER.id, CODE)
        assert jobs(tx) == [former]
    assert desk.told(CLERK) == ["administration-offered", "administration-received"]
    assert desk.told(GIVER) == ["administration-given"]
    with desk.db.read() as tx:  # it leads nowhere: the enterprise is not the giver's to see any more
        assert (
            tx.execute(select(message.c.credit_code).where(message.c.person_id == GIVER.id)).scalar() is None
        )
    with pytest.raises(NotFound):
        desk.enterprises.one_of(GIVER, CODE)
    with pytest.raises(HandoverClosed):
        desk.handovers.accept(CLERK, CODE, offered.id)


def test_one_offer_waits_at_a_time(desk: Desk) -> None:
    offered = desk.offer()
    with pytest.raises(HandoverPending):
        desk.offer(OTHER)
    desk.handovers.withdraw(GIVER, CODE, offered.id)
    assert desk.status(desk.offer(OTHER)) == "offered"


def test_an_overdue_offer_is_closed_by_the_sweep_and_by_the_next_offer(desk: Desk) -> None:
    first = desk.offer()
    desk.now = NOW + OPEN_FOR
    with pytest.raises(HandoverExpired):
        desk.handovers.accept(CLERK, CODE, first.id)
    assert desk.handovers.expire_overdue() == 1
    assert desk.handovers.expire_overdue() == 0
    second = desk.offer()
    desk.now += OPEN_FOR
    third = desk.offer()
    assert [desk.status(one) for one in (first, second, third)] == ["expired", "expired", "offered"]
    assert desk.told(GIVER) == ["administration-expired"] * 2


def test_an_offer_is_void_once_its_recipient_is_gone_or_the_giver_is_replaced(desk: Desk) -> None:
    first = desk.offer()
    desk.enterprises.remove(GIVER, CODE, desk.member(CLERK), "离职")
    second = desk.offer(OTHER)
    with desk.db.write() as tx:
        appoint(tx, CODE, NAME, CLERK.id, NOW)
    assert [desk.status(one) for one in (first, second)] == ["void", "void"]
    for who, known in ((CLERK, first), (OTHER, second)):
        with pytest.raises(HandoverClosed):
            desk.handovers.accept(who, CODE, known.id)
    assert desk.check_one_administrator() == CLERK.id


def test_strangers_see_no_handover(desk: Desk) -> None:
    offered = desk.offer()
    acts: tuple[Callable[[Person, str, str], object], ...] = (
        desk.handovers.accept,
        desk.handovers.withdraw,
        desk.handovers.letter,
    )
    for act in acts:
        with pytest.raises(NotFound):
            act(OTHER, CODE, offered.id)
    assert desk.handovers.all_of(OTHER, CODE) == []
    with pytest.raises(HandoverClosed):
        desk.handovers.accept(GIVER, CODE, offered.id)
    with pytest.raises(HandoverClosed):
        desk.handovers.withdraw(CLERK, CODE, offered.id)


def only_one(errors: list[BaseException | None], refused: type[Exception]) -> None:
    assert errors.count(None) == 1, errors
    assert all(isinstance(one, refused) for one in errors if one is not None), errors


def test_of_two_who_accept_at_once_one_does(desk: Desk) -> None:
    known = desk.offer()
    only_one(at_once(*[lambda: desk.handovers.accept(CLERK, CODE, known.id)] * 4), HandoverClosed)
    assert desk.check_one_administrator() == CLERK.id
    with desk.db.read() as tx:
        assert len(jobs(tx)) == 1


def test_accepted_and_withdrawn_at_once_is_one_of_both(desk: Desk) -> None:
    known = desk.offer()
    errors = at_once(
        lambda: desk.handovers.accept(CLERK, CODE, known.id),
        lambda: desk.handovers.withdraw(GIVER, CODE, known.id),
    )
    accepted = desk.status(known) == "accepted"
    assert errors[0 if accepted else 1] is None
    assert isinstance(errors[1 if accepted else 0], HandoverClosed)
    assert desk.check_one_administrator() == (CLERK.id if accepted else GIVER.id)


def test_removed_and_accepting_at_once_is_one_of_both(desk: Desk) -> None:
    known, clerk = desk.offer(), desk.member(CLERK)
    errors = at_once(
        lambda: desk.handovers.accept(CLERK, CODE, known.id),
        lambda: desk.enterprises.remove(GIVER, CODE, clerk, "离职"),
    )
    assert errors.count(None) == 1, errors
    administrator = desk.check_one_administrator()
    assert desk.status(known) == ("accepted" if administrator == CLERK.id else "void")


def test_two_offers_at_once_leave_one(desk: Desk) -> None:
    only_one(at_once(lambda: desk.offer(CLERK), lambda: desk.offer(OTHER)), HandoverPending)


def test_nothing_of_an_acceptance_is_kept_when_the_process_dies_before_its_commit(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = desk.offer()

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "append", dies)
        with pytest.raises(KeyboardInterrupt):
            desk.handovers.accept(CLERK, CODE, known.id)
    assert (desk.status(known), desk.check_one_administrator()) == ("offered", GIVER.id)
    with desk.db.read() as tx:
        assert jobs(tx) == []
    assert desk.handovers.accept(CLERK, CODE, known.id) is Status.ACCEPTED


def test_a_removed_clerk_acts_before_or_not_at_all(desk: Desk) -> None:
    """Whatever a clerk does under ``hold`` ends before the removal, or is refused."""
    clerk = desk.member(CLERK)

    def act() -> None:
        with desk.db.write() as tx:
            require_permission(tx, CLERK.id, CODE, Permission.SEAL, hold=True)

    def remove() -> None:
        desk.enterprises.remove(GIVER, CODE, clerk, "离职")

    errors = at_once(act, remove, act)
    assert all(one is None or isinstance(one, NotPermitted) for one in errors), errors
    with pytest.raises(NotPermitted):
        act()
    with desk.db.read() as tx:
        require_administrator(tx, GIVER.id, CODE)
        assert jobs(tx) == [clerk]
