"""Installations with two operators at their desks, a company, and locks: real tokens of a legacy CA."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from hsm import KeyKind, Token, TokenConfig, TokenKeys, init_token
from tests.api.founding import found
from tests.api.locks import LockCa
from tests.api.people import COMPANY, Desk, a_credit_code, a_picture
from tests.api.running import Server, free_port
from tests.journeys.app import App, good
from tests.support import postgres

REVIEWER, WORD = "reviewer", "An0ther-Operator"


@dataclass(frozen=True)
class Office:
    """A CA at work: its server, and two operators who have signed in."""

    server: Server
    first: Desk
    second: Desk

    def approve(self, application: str) -> None:
        assert good(self.first.judge(application, "approve")).json()["status"] == "approved"


def opened(folder: Path, set_up: Callable[[Server], None] = Server.set_up, **extra: str) -> Iterator[Server]:
    """A new installation, served until it is left."""
    running = Server(folder / "var", extra=extra)
    set_up(running)
    said = running.command("operator", "add", REVIEWER, "--password-file", "-", said=f"{WORD}\n")
    assert said.returncode == 0, said.stderr
    running.start()
    yield running
    running.close()


@pytest.fixture(scope="session")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from opened(tmp_path_factory.mktemp("sqlite"), SEALBRIDGE_AGENT_PORT=str(free_port()))


@pytest.fixture(scope="session")
def on_postgresql(postgres_cluster: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    url = postgres.create_database(postgres_cluster, f"journeys_{secrets.token_hex(4)}")
    yield from opened(tmp_path_factory.mktemp("postgresql"), found, SEALBRIDGE_DATABASE_URL=url)


@pytest.fixture(params=["sqlite", "postgresql"])
def each_server(request: pytest.FixtureRequest) -> Server:
    """For the journeys that are made on both databases."""
    server: Server = request.getfixturevalue(f"on_{request.param}")
    return server


@pytest.fixture
def office(on_sqlite: Server) -> Office:
    return staffed(on_sqlite)


def staffed(server: Server) -> Office:
    """Both operators at work, signed in now."""
    return Office(server, Desk(server), Desk(server, REVIEWER, WORD))


@dataclass(frozen=True)
class Enterprise:
    """A claimed enterprise, its administrator's app, and their certificate's serial number."""

    name: str
    credit_code: str
    boss: App
    serial: str


def founded(office: Office, product: str = "linyi-enterprise-month") -> Enterprise:
    """An enterprise claimed on paper; its administrator holds a certificate of ``product``."""
    boss, credit_code = App(office.server).join_in("王建国"), a_credit_code()
    application = boss.applied(credit_code, product)
    good(boss.put_paper(application, a_picture()))
    boss.submit(application)
    office.approve(application)
    return Enterprise(COMPANY, credit_code, boss, boss.download(application)["serial"])


@dataclass(frozen=True)
class UsbLock:
    """A lock as its owner has it: plugged in, with its PIN on a note."""

    module: Path
    label: str
    pin_file: Path
    organization: str
    credit_code: str


@dataclass
class LockMaker:
    """Gives locks to companies."""

    module: Path
    folder: Path
    ca: LockCa

    def make(self, organization: str, credit_code: str, kind: KeyKind = KeyKind.RSA_2048) -> UsbLock:
        label, pin = f"lock-{secrets.token_hex(4)}", secrets.token_urlsafe(9)
        init_token(self.module, label, secrets.token_urlsafe(9), pin)
        with Token.open(TokenConfig(self.module, label), lambda: pin) as token:
            keys = TokenKeys(token)
            public = keys.generate("signing", kind).public_key()
            certificate = self.ca.certify(public, organization, credit_code)
            token.import_certificate("signing", keys.id_of("signing"), certificate.public_bytes(Encoding.DER))
        pin_file = self.folder / f"{label}.pin"
        pin_file.write_text(pin)
        return UsbLock(self.module, label, pin_file, organization, credit_code)


@pytest.fixture
def lock_maker(softhsm: Path, tmp_path: Path) -> LockMaker:
    return LockMaker(softhsm, tmp_path, LockCa())
