"""A bridge on a database of its own, with one document waiting for a company's lock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import socket

import httpx
import pytest
from sqlalchemy import Engine

from api.db import make_engine
from mobile_bridge.server.pcs import ClaimedPc
from mobile_bridge.server.rules import SessionKind
from mobile_bridge.server.service import BridgeService, CreatedSession
from mobile_bridge.server.tables import metadata
from tests.mobile_bridge.application import bridge_app
from tests.mobile_bridge.forms import WaitingForms
from tests.mobile_bridge.lock_keys import SoftLock
from tests.mobile_bridge.serving import listening_socket, served

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
LOCK = SessionKind.LOCK_SIGNATURE
OWNER = "person-1"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    engine = make_engine(_database_url(request, tmp_path))
    metadata.drop_all(engine)  # a PostgreSQL server outlives the test before
    metadata.create_all(engine)
    yield engine
    engine.dispose()


def _database_url(request: pytest.FixtureRequest, folder: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{folder}/bridge.db"
    try:
        return str(request.getfixturevalue("postgres_url"))
    except pytest.FixtureLookupError:
        pytest.skip("no PostgreSQL here")


@pytest.fixture
def forms() -> WaitingForms:
    return WaitingForms()


@pytest.fixture
def listener() -> Iterator[socket]:
    with listening_socket() as listener:
        yield listener


@pytest.fixture
def service(engine: Engine, clock: Clock, forms: WaitingForms, listener: socket) -> BridgeService:
    return BridgeService(engine, clock, forms, f"http://127.0.0.1:{listener.getsockname()[1]}/")


@pytest.fixture
def origin(service: BridgeService, listener: socket) -> Iterator[str]:
    """The bridge's server behind a real port."""
    with served(bridge_app(service), listener) as origin:
        yield origin


@pytest.fixture
def browser(origin: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=origin, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def lock() -> SoftLock:
    return SoftLock()


@pytest.fixture
def sent(service: BridgeService) -> CreatedSession:
    return service.create(LOCK, "application-1", OWNER)


@pytest.fixture
def token(service: BridgeService, sent: CreatedSession) -> str:
    return claimed(service, sent)


def claimed(service: BridgeService, sent: CreatedSession, owner: str = OWNER) -> str:
    """The task token of a PC that claimed and that the phone said yes to."""
    token = service.claim(sent.address, sent.code)
    confirm(service, sent, owner)
    return token


def confirm(service: BridgeService, sent: CreatedSession, owner: str = OWNER) -> None:
    """The phone's yes to whatever PC claimed."""
    service.confirm_pc(sent.id, owner, pc_of(service, sent, owner).number)


def pc_of(service: BridgeService, sent: CreatedSession, owner: str = OWNER) -> ClaimedPc:
    """The PC that claimed, as the phone sees it."""
    pc = service.status(sent.id, owner).pc
    assert pc is not None
    return pc


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def typed(sent: CreatedSession) -> str:
    return sent.address.rpartition("/")[2]
