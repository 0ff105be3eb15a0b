"""A journal on either database, with acts of a real CA in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from api.db import make_engine
from ca.audit.checkpoints import Checkpointer
from ca.audit.event import Action, Actor, Event, act_as
from ca.audit.journal import Journal
from ca.audit.records import Record, from_database
from ca.audit.verification import Report, verify
from ca.lint import Linter
from ca.own_certificates import OwnCertificates, OwnIdentity, Role
from ca.timestamps import ClockGuard, TimeStamper
from hsm import KeyKind, Token, TokenKeys
from tests.ca.conftest import Clock, SmallCa
from tests.support.schemas import bring_up


@dataclass
class Kept:
    """A journal with what signs it."""

    engine: Engine
    journal: Journal
    checkpointer: Checkpointer
    ca: SmallCa

    def act(self, count: int = 1) -> None:
        with act_as(Actor("operator", "王审核", "10.0.0.7", "request-1")):
            for number in range(count):
                self.journal.record(Event(Action.CERTIFICATE_REVOKED, f"{number:x}", detail={"reason": "x"}))

    def records(self) -> list[Record]:
        with self.engine.connect() as connection:
            return list(from_database(connection))

    def report(self, **more: object) -> Report:
        return verify(self.records(), [self.ca.authority.certificate], **more)  # type: ignore[arg-type]

    def tamper(self, *statements: str) -> None:
        """What somebody with all rights on the database can do: the guards go first."""
        with self.engine.begin() as connection:
            if self.engine.dialect.name == "postgresql":
                for table in ("ca_audit_entry", "ca_audit_checkpoint"):
                    connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
            else:
                guards = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
                for name in guards.scalars().all():
                    connection.execute(text(f"DROP TRIGGER {name}"))
            for statement in statements:
                connection.execute(text(statement))


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    is_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/journal.db" if is_sqlite else request.getfixturevalue("postgres_url")
    made = make_engine(url)
    bring_up(made)
    yield made
    made.dispose()


@pytest.fixture
def own(small_ca: SmallCa, token: Token) -> OwnCertificates:
    issuer = small_ca.with_linter(Linter(remember_shapes=True))
    return OwnCertificates(
        small_ca.engine,
        small_ca.authorities,
        issuer,
        TokenKeys(token),
        small_ca.clock,
        "封桥测试",
        KeyKind.P256,
    )


@pytest.fixture
def auditor(own: OwnCertificates) -> Callable[[], OwnIdentity]:
    return lambda: own.current(Role.AUDIT)


@pytest.fixture
def stamper(own: OwnCertificates, small_ca: SmallCa) -> TimeStamper:
    # As many seconds go by on both clocks.
    guard = ClockGuard(small_ca.engine, small_ca.clock, steady=lambda: small_ca.clock().timestamp())
    return TimeStamper(lambda: own.current(Role.TIME_STAMPING), guard, "1.2.156.1.1")


@pytest.fixture
def kept(database: Engine, small_ca: SmallCa, auditor: Callable[[], OwnIdentity], clock: Clock) -> Kept:
    return Kept(database, Journal(database, "main", clock), Checkpointer(database, auditor, clock), small_ca)
