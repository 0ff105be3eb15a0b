"""Reminders before certificates end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from api.applications.tables import application
from api.certificates.reminding import Reminders
from api.certificates.tables import holding
from api.db import Database, make_engine
from api.messages.tables import message
from ca.tables import certificate
from tests.api.people import Phone
from tests.api.running import Server


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def db(server: Server) -> Database:
    return Database(make_engine(f"sqlite:///{server.data}/sealbridge.db"))


def _told(db: Database, serial: str) -> list[str]:
    mine = message.c.serial == serial, message.c.kind.startswith("certificate-expir")
    with db.read() as tx:
        return list(tx.execute(select(message.c.key).where(*mine).order_by(message.c.id)).scalars())


def test_each_reminder_comes_once_and_the_end_is_told(db: Database, serial: str) -> None:
    with db.write() as tx:
        mine = certificate.c.serial == serial
        ends = tx.execute(select(certificate.c.not_after).where(mine)).scalar_one()
        tx.execute(update(certificate).where(mine).values(not_before=ends - timedelta(days=365)))
    clock = Clock(ends - timedelta(days=40))
    reminders = Reminders(db, clock, [7, 30, 1, 15])
    for _ in range(45 * 2):
        reminders.sweep()
        clock.now += timedelta(hours=12)
    expected = [f"certificate-expiring:{serial}:{days}" for days in (30, 15, 7, 1)]
    assert _told(db, serial) == [*expected, f"certificate-expired:{serial}"]
    with db.read() as tx:
        told = tx.execute(select(message.c.text).where(message.c.key == expected[0])).scalar_one()
    assert "30 天" in told
    db.engine.dispose()


def test_a_certificate_for_a_month_is_not_said_to_end_on_its_first_day(db: Database, serial: str) -> None:
    with db.read() as tx:
        ends = tx.execute(select(certificate.c.not_after).where(certificate.c.serial == serial)).scalar_one()
    clock = Clock(ends - timedelta(days=30))
    for _ in range(30):
        Reminders(db, clock, [30, 15, 7, 1]).sweep()
        clock.now += timedelta(days=1)
    assert _told(db, serial) == [f"certificate-expiring:{serial}:{days}" for days in (7, 1)]
    db.engine.dispose()


def test_after_a_pause_only_the_nearest_is_sent(db: Database, serial: str) -> None:
    with db.read() as tx:
        ends = tx.execute(select(certificate.c.not_after).where(certificate.c.serial == serial)).scalar_one()
    Reminders(db, Clock(ends - timedelta(days=5)), [30, 15, 7, 1]).sweep()
    assert _told(db, serial) == [f"certificate-expiring:{serial}:7"]
    db.engine.dispose()


def test_who_has_renewed_or_was_revoked_is_left_alone(db: Database, serial: str, phone: Phone) -> None:
    with db.write() as tx:
        ends = tx.execute(select(certificate.c.not_after).where(certificate.c.serial == serial)).scalar_one()
        mine = certificate.c.serial == serial
        tx.execute(update(certificate).where(mine).values(revoked_at=datetime.now(UTC), reason="superseded"))
    Reminders(db, Clock(ends - timedelta(days=5)), [7]).sweep()
    assert _told(db, serial) == []
    with db.write() as tx:
        tx.execute(update(certificate).where(mine).values(revoked_at=None, reason=None))
        own = select(holding.c.application_id).where(holding.c.serial == serial).scalar_subquery()
        renewed = update(application).where(application.c.id == own)
        tx.execute(renewed.values(kind="renewal", serial=serial))
    Reminders(db, Clock(ends - timedelta(days=5)), [7]).sweep()
    assert _told(db, serial) == []
    db.engine.dispose()
