"""Memberships in the database, on SQLite and PostgreSQL: one administrator, power that ends at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, func, insert, select, text
from sqlalchemy.exc import IntegrityError

from api import migrations
from api.accounts.tables import person
from api.db import Database
from api.enterprises import membership as members
from api.enterprises.access import is_member, require_administrator, require_permission
from api.enterprises.administration import Approved, administrator_of, admit, appoint
from api.enterprises.errors import AdministratorNeeded, DecisionOvertaken, NoLongerMember, NotPermitted
from api.enterprises.membership import REVOKE_JOB, End
from api.enterprises.rules import Ending, Permission, Role
from api.enterprises.tables import membership
from api.errors import NotFound
from api.jobs.tables import job
from api.messages.tables import message
from tests.api.test_database import engine as engine
from tests.support.schemas import bring_up

CODE = "91371300MA3XXXXXX0"
NAME = "临沂阳光建设有限公司"
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@pytest.fixture
def db(engine: Engine) -> Database:
    bring_up(engine)
    made = Database(engine)
    with made.write() as tx:
        rows = [{"id": one, "phone": f"1380000000{one}", "created_at": NOW} for one in (1, 2, 3)]
        tx.execute(insert(person), rows)
    return made


def jobs(tx: Connection) -> list[int]:
    found = tx.execute(select(job.c.payload).where(job.c.name == REVOKE_JOB).order_by(job.c.id)).scalars()
    return [json.loads(one)["membership"] for one in found]


def test_an_approved_claim_makes_the_administrator(db: Database) -> None:
    with db.write() as tx:
        assert appoint(tx, CODE, NAME, 1, NOW, Approved("王建国", None, "李晓明")) is None
        assert administrator_of(tx, CODE) == 1
        for one in Permission:
            require_permission(tx, 1, CODE, one, hold=True)
        require_administrator(tx, 1, CODE)
        with pytest.raises(NotPermitted):
            require_permission(tx, 2, CODE, Permission.LOGIN)
        with pytest.raises(NotFound):
            require_administrator(tx, 2, CODE)


def test_a_second_claim_replaces_the_administrator(db: Database) -> None:
    with db.write() as tx:
        appoint(tx, CODE, NAME, 1, NOW, Approved(person_name="李晓明"))
        first = members.in_force(tx, 1, CODE)
        assert first is not None
        admit(tx, CODE, 2, [Permission.SEAL], NOW, person_name="张三丰")
    with db.write() as tx:
        later = NOW + timedelta(days=1)
        assert appoint(tx, CODE, NAME, 2, later, Approved(person_name="张三丰")) == 1
    with db.read() as tx:
        assert administrator_of(tx, CODE) == 2
        assert not is_member(tx, 1, CODE)
        require_permission(tx, 2, CODE, Permission.BID)
        assert jobs(tx) == [first.id]  # the new one's certificates as a clerk stay good
        told = tx.execute(select(message.c.person_id, message.c.kind, message.c.text)).one()
        assert (told.person_id, told.kind) == (1, "administrator-replaced")
        assert "张*丰" in told.text


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_the_later_approval_counts_in_whatever_order_they_are_downloaded(
    db: Database, order: tuple[int, int]
) -> None:
    approved = {1: NOW, 2: NOW + timedelta(minutes=30)}
    for hours, who in enumerate(order, start=2):
        try:
            with db.write() as tx:
                at = NOW + timedelta(hours=hours)
                appoint(tx, CODE, NAME, who, at, decided_at=approved[who])
        except DecisionOvertaken:
            assert (who, order) == (1, (2, 1))
    with db.read() as tx:
        assert administrator_of(tx, CODE) == 2


def test_the_same_administrator_again_changes_the_name_alone(db: Database) -> None:
    with db.write() as tx:
        appoint(tx, CODE, NAME, 1, NOW)
        assert appoint(tx, CODE, "临沂阳光集团有限公司", 1, NOW + timedelta(days=1)) is None
        assert tx.execute(select(func.count()).select_from(membership)).scalar_one() == 1
        assert jobs(tx) == []


def test_the_database_knows_one_administrator_and_one_membership_a_person(db: Database) -> None:
    with db.write() as tx:
        appoint(tx, CODE, NAME, 1, NOW)
    for person_id, role in ((2, Role.ADMINISTRATOR), (1, Role.CLERK)):
        with pytest.raises(IntegrityError), db.write() as tx:
            members.begin(tx, CODE, person_id, role, NOW)


def test_a_clerk_has_the_permissions_that_were_granted_last(db: Database) -> None:
    with db.write() as tx:
        with pytest.raises(NotFound):
            admit(tx, CODE, 2, [Permission.SEAL], NOW)
        appoint(tx, CODE, NAME, 1, NOW)
        admit(tx, CODE, 2, [Permission.SEAL], NOW, department="投标部")
        require_permission(tx, 2, CODE, Permission.SEAL)
        admit(tx, CODE, 2, [Permission.OPEN], NOW)
        with pytest.raises(NotPermitted):
            require_permission(tx, 2, CODE, Permission.SEAL)
        with pytest.raises(AdministratorNeeded):
            require_administrator(tx, 2, CODE)
        known = members.in_force(tx, 2, CODE)
        assert known is not None
        assert known.department == "投标部"
        admit(tx, CODE, 1, [], NOW)  # of an administrator nothing is taken away
        require_permission(tx, 1, CODE, Permission.SEAL)


def test_an_older_consent_does_not_bring_former_permissions_back(db: Database) -> None:
    with db.write() as tx:
        appoint(tx, CODE, NAME, 1, NOW)
        admit(tx, CODE, 2, [Permission.OPEN], NOW + timedelta(days=2), agreed_at=NOW + timedelta(days=1))
        admit(tx, CODE, 2, [Permission.SEAL], NOW + timedelta(days=3), agreed_at=NOW)
        with pytest.raises(NotPermitted):
            require_permission(tx, 2, CODE, Permission.SEAL)
        admit(tx, CODE, 2, [Permission.SEAL], NOW + timedelta(days=5), agreed_at=NOW + timedelta(days=4))
        require_permission(tx, 2, CODE, Permission.SEAL)


def test_a_membership_ends_once_and_its_certificates_follow(db: Database) -> None:
    with db.write() as tx:
        appoint(tx, CODE, NAME, 1, NOW)
        admit(tx, CODE, 2, list(Permission), NOW)
        known = members.in_force(tx, 2, CODE)
        assert known is not None
        members.end(tx, known, End(Ending.REMOVED, NOW, by=1, reason="离职"))
        with pytest.raises(NotPermitted):
            require_permission(tx, 2, CODE, Permission.SEAL)
    with db.write() as tx, pytest.raises(NoLongerMember):
        members.end(tx, known, End(Ending.LEFT, NOW, by=2))
    with db.read() as tx:
        assert jobs(tx) == [known.id]


def test_nothing_of_an_end_is_kept_when_the_process_dies_before_its_commit(db: Database) -> None:
    with db.write() as tx:
        appoint(tx, CODE, NAME, 1, NOW)
        admit(tx, CODE, 2, list(Permission), NOW)

    def dies() -> None:
        with db.write() as tx:
            known = members.in_force(tx, 2, CODE)
            assert known is not None
            members.end(tx, known, End(Ending.REMOVED, NOW, by=1))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dies()
    with db.read() as tx:
        require_permission(tx, 2, CODE, Permission.SEAL)
        assert jobs(tx) == []


def at_once(*acts: Callable[[], object]) -> list[BaseException | None]:
    def tried(act: Callable[[], object]) -> BaseException | None:
        try:
            act()
        except Exception as error:
            return error
        return None

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(tried, acts))


def test_two_claims_at_once_leave_one_administrator(db: Database) -> None:
    with db.write() as tx:
        appoint(tx, CODE, NAME, 1, NOW)

    def claim(person_id: int) -> None:
        with db.write() as tx:
            appoint(tx, CODE, NAME, person_id, NOW + timedelta(days=1))

    assert at_once(lambda: claim(2), lambda: claim(3)) == [None, None]
    with db.read() as tx:
        rows = tx.execute(select(membership).where(membership.c.until.is_(None))).all()
        assert [one.person_id for one in rows] == [administrator_of(tx, CODE)]
        assert len(jobs(tx)) == 2


def test_two_first_claims_at_once_leave_one_administrator(db: Database) -> None:
    def claim(person_id: int) -> None:
        with db.write() as tx:
            appoint(tx, CODE, NAME, person_id, NOW)

    assert at_once(lambda: claim(1), lambda: claim(2), lambda: claim(3)) == [None, None, None]
    with db.read() as tx:
        rows = tx.execute(select(membership).where(membership.c.until.is_(None))).all()
        assert [one.person_id for one in rows] == [administrator_of(tx, CODE)]


def test_administrators_of_before_are_members_now(engine: Engine) -> None:
    """An installation from before memberships."""
    migrations.upgrade(engine, "0014")
    with Database(engine).write() as tx:
        for statement in (
            "INSERT INTO account_person (id, phone, created_at) "
            "VALUES (7, '13800001234', '2026-11-23 08:00:00.000000')",
            "INSERT INTO catalogue_product (code) VALUES ('old')",
            "INSERT INTO enterprise (credit_code, name, administrator_id, since) "
            f"VALUES ('{CODE}', '{NAME}', 7, '2026-11-23 08:00:00.000000')",
            "INSERT INTO application (id, person_id, product, status, enterprise_name, credit_code, "
            "legal_person, legal_person_id, administrator_name, administrator_id, administrator_phone, "
            f"created_at, updated_at) VALUES ('20261123-1', 7, 'old', 'issued', '{NAME}', '{CODE}', "
            "'王建国', '', '李晓明', '', '13800001234', '2026-11-23 08:00:00.000000', "
            "'2026-11-23 08:00:00.000000')",
        ):
            tx.execute(text(statement))
    migrations.upgrade(engine, "0015")
    with Database(engine).read() as tx:  # the tables of today have columns that came later
        known = tx.execute(
            text("SELECT role, person_name, until FROM enterprise_membership WHERE person_id = 7")
        )
        assert tuple(known.one()) == (Role.ADMINISTRATOR, "李晓明", None)
        assert tx.execute(text("SELECT legal_person FROM enterprise")).scalar_one() == "王建国"
