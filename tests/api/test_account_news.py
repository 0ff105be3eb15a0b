"""What persons are told of their accounts, and before something of theirs ends, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from api.accounts.credentials import Proof
from api.accounts.rules import Purpose
from api.accounts.service import Accounts
from api.accounts.sessions import Device
from api.accounts.tables import person
from api.applications import queries
from api.applications.kinds import ApplicationKind
from api.applications.rules import ABANDONED_AFTER, Status
from api.applications.service.remind import ExpiryReminders
from api.applications.tables import application
from api.catalogue.seed import seed
from api.db import Database
from api.messages.account_news import AccountMessages
from api.messages.tables import message
from api.outside.sms_sandbox import SmsSandbox
from api.realname.reminding import RealNameReminders
from api.realname.tables import check, identity
from ca.audit.journal import Journal
from tests.api.test_accounts import PHONE, Clock, clock, code, db, sender, sms
from tests.api.test_review_rows import NOW, an_application

__all__ = ["clock", "db", "sms"]

MINE, THEIRS = Device("小米 14", "Android 15", "3.2.0"), Device("iPhone 16", "iOS 19", "3.2.0")
FIRST, SECOND = "purple-Kite-42", "orange-Kite-43"


@pytest.fixture
def accounts(db: Database, sms: SmsSandbox, clock: Clock) -> Accounts:
    journal = Journal(db.engine, "main", clock)
    return Accounts(db, sender(sms, clock), b"k" * 32, clock, journal, news=AccountMessages())


def told(db: Database) -> list[tuple[str, str]]:
    with db.read() as tx:
        rows = tx.execute(select(message.c.kind, message.c.text).order_by(message.c.id))
        return [(row.kind, row.text) for row in rows]


def enter(accounts: Accounts, sms: SmsSandbox, clock: Clock, device: Device) -> str:
    clock.forward(minutes=2)
    accounts.signing_in.send_code(PHONE)
    return accounts.signing_in.by_code(PHONE, code(sms), device).token


def test_a_strange_device_is_told_of_once(
    db: Database, accounts: Accounts, sms: SmsSandbox, clock: Clock
) -> None:
    enter(accounts, sms, clock, MINE)
    accounts.sign_out(enter(accounts, sms, clock, MINE))
    enter(accounts, sms, clock, Device("小米 14", "Android 15", "3.3.0"))  # an update of the app
    assert told(db) == []
    for _ in range(2):
        enter(accounts, sms, clock, THEIRS)
    ((kind, text),) = told(db)
    assert kind == "new-device"
    assert "iPhone 16，iOS 19" in text


def test_an_account_that_slept_is_told_whatever_device_wakes_it(
    db: Database, accounts: Accounts, sms: SmsSandbox, clock: Clock
) -> None:
    enter(accounts, sms, clock, MINE)
    clock.forward(days=401)
    accounts.forget()
    enter(accounts, sms, clock, THEIRS)
    assert [kind for kind, _ in told(db)] == ["new-device"]


def test_a_changed_password_is_told_and_a_first_one_is_not(
    db: Database, accounts: Accounts, sms: SmsSandbox, clock: Clock
) -> None:
    owner = accounts.person(enter(accounts, sms, clock, MINE))
    accounts.credentials.set_password(owner, FIRST, Proof(), "")
    assert told(db) == []
    accounts.credentials.set_password(owner, SECOND, Proof(password=FIRST), "")
    assert [kind for kind, _ in told(db)] == ["password-changed"]


def test_a_changed_number_is_told_with_its_middle_hidden(
    db: Database, accounts: Accounts, sms: SmsSandbox, clock: Clock
) -> None:
    owner = accounts.person(enter(accounts, sms, clock, MINE))
    accounts.credentials.set_password(owner, FIRST, Proof(), "")
    accounts.signing_in.send_code("13900000002", Purpose.PHONE)
    accounts.credentials.change_phone(owner, "13900000002", code(sms), Proof(password=FIRST), "")
    ((kind, text),) = told(db)
    assert kind == "phone-changed"
    assert "139****0002" in text


STATUSES = [
    (Status.DRAFT, ApplicationKind.CLAIM),
    (Status.RETURNED, ApplicationKind.CLAIM),
    (Status.CONSENT, ApplicationKind.JOIN),
    (Status.APPROVED, ApplicationKind.CLAIM),
]


def test_an_application_is_told_of_three_days_before_it_expires(db: Database, clock: Clock) -> None:
    with db.write() as tx:
        seed(tx, "认证中心", NOW)
        tx.execute(insert(person).values(id=1, phone=PHONE, created_at=NOW))
        for place, (status, kind) in enumerate(STATUSES):
            queries.add(tx, an_application(f"20260101-{place:08d}", kind, status=status))
        # What takes effect by itself waits for nobody.
        waiting = an_application("20260101-99999999", ApplicationKind.REVOCATION, status=Status.APPROVED)
        queries.add(tx, waiting)
    reminders = ExpiryReminders(db, clock)
    seen: dict[int, int] = {}
    for day in range(91):
        clock.now = NOW + timedelta(days=day, minutes=1)
        if told_now := reminders.sweep():
            seen[day] = told_now
    assert seen == {12: 2, 27: 1, 87: 1}
    with db.read() as tx:
        links = set(tx.execute(select(message.c.application_id)).scalars())
    assert links == {f"20260101-{place:08d}" for place in range(4)}
    # Whoever went on with it is told again before the next end.
    clock.now = NOW + timedelta(days=100)
    with db.write() as tx:
        gone_on = application.c.id == "20260101-00000000"
        tx.execute(update(application).where(gone_on).values(updated_at=clock.now))
    assert reminders.sweep() == 0
    clock.now += ABANDONED_AFTER[Status.DRAFT] - timedelta(days=2)
    assert (reminders.sweep(), reminders.sweep()) == (1, 0)


def test_a_real_name_result_is_told_of_twice_before_its_end(db: Database, clock: Clock) -> None:
    row = {"person_id": 1, "method": "police", "name": "李晓明", "id_number": b"", "id_number_hash": "h"}
    ends = NOW + timedelta(days=365)
    with db.write() as tx:
        tx.execute(insert(person).values(id=1, phone=PHONE, created_at=NOW))
        of_check = {"id": "c", "status": "passed", "provider": "x", "started_at": NOW, "ends_at": NOW}
        tx.execute(insert(check).values(row | of_check))
        held = {"check_id": "c", "verified_at": NOW, "expires_at": ends}
        tx.execute(insert(identity).values(row | held))
    reminders = RealNameReminders(db, clock)
    seen: list[int] = []
    for day in range(370):
        clock.now = NOW + timedelta(days=day, minutes=1)
        seen += [day] * reminders.sweep()
    assert seen == [335, 358]
    assert {kind for kind, _ in told(db)} == {"real-name-expiring"}
