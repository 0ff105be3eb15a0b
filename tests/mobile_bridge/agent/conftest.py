"""The agent as it really runs: a process of its own, real SoftHSM2 tokens, a real server on loopback."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from api.db import make_engine
from mobile_bridge.server.rules import SessionKind
from mobile_bridge.server.service import BridgeService, CreatedSession
from mobile_bridge.server.tables import metadata
from tests.mobile_bridge.agent.window import Window
from tests.mobile_bridge.conftest import claimed

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "271828"


@dataclass(frozen=True)
class Plugged:
    """A PC's tokens, its PIN file and the agent's own folder."""

    folder: Path

    @property
    def tokens(self) -> Path:
        return self.folder / "tokens"

    @property
    def pin_file(self) -> Path:
        return self.folder / "lock.pin"

    @property
    def environment(self) -> dict[str, str]:
        own = {"SOFTHSM2_CONF": str(self.folder / "softhsm2.conf"), "PYTHONIOENCODING": "utf-8"}
        folders = ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME")
        return {**os.environ, **own, **{name: str(self.folder / "user") for name in folders}}

    def pull(self) -> None:
        """Take every lock out of the PC."""
        self.tokens.rename(self.folder / "drawer")
        self.tokens.mkdir()

    def put_back(self) -> None:
        self.tokens.rmdir()
        (self.folder / "drawer").rename(self.tokens)

    def add(self, label: str, kind: str, *flags: str, module: Path = MODULE) -> None:
        maker = [sys.executable, "-m", "tests.mobile_bridge.agent.lock_maker", str(module), label, kind]
        subprocess.run([*maker, str(self.pin_file), *flags], env=self.environment, check=True)

    def command(self, *arguments: str, module: Path = MODULE) -> list[str]:
        agent = [sys.executable, "-m", "mobile_bridge.agent", arguments[0], "--module", str(module)]
        return [*agent, *arguments[1:]]

    def run(
        self, *arguments: str, module: Path = MODULE, typed: str = ""
    ) -> subprocess.CompletedProcess[str]:
        command = self.command(*arguments, module=module)
        return subprocess.run(
            command, env=self.environment, input=typed, capture_output=True, text=True, timeout=60
        )

    @contextmanager
    def page(self, module: Path = MODULE) -> Iterator[str]:
        """The agent's page, on a port of its own choice; the origin."""
        options = ("--port", "0", "--home", str(self.folder / "home"), "--log-level", "debug")
        command = self.command("serve", *options, module=module)
        with subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        ) as agent:
            try:
                assert agent.stdout
                yield agent.stdout.readline().partition("：")[2].strip().rstrip("/")
            finally:
                agent.terminate()


def new_pc(folder: Path) -> Plugged:
    pc = Plugged(folder)
    pc.tokens.mkdir()
    pc.pin_file.write_text(PIN)
    settings = f"directories.tokendir = {pc.tokens}\nobjectstore.backend = file\nlog.level = ERROR\n"
    (folder / "softhsm2.conf").write_text(settings)
    return pc


@pytest.fixture
def empty_pc(tmp_path: Path) -> Plugged:
    return new_pc(tmp_path)


@pytest.fixture(scope="session")
def company_pc(tmp_path_factory: pytest.TempPathFactory) -> Plugged:
    """A PC with one lock, P-256."""
    pc = new_pc(tmp_path_factory.mktemp("pc"))
    pc.add("company", "p-256")
    return pc


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """One database is enough here: the server's own tests run on both."""
    engine = make_engine(f"sqlite:///{tmp_path}/bridge.db")
    metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def sent(service: BridgeService, origin: str) -> CreatedSession:
    """A form sent to this computer; ``origin`` serves it."""
    return service.create(SessionKind.LOCK_SIGNATURE, "application-1", "person-1")


@pytest.fixture
def arguments(sent: CreatedSession, tmp_path: Path) -> Callable[[Plugged], list[str]]:
    """The command line that signs unattended."""

    def of(pc: Plugged) -> list[str]:
        home = ["--home", str(tmp_path / "home")]
        return ["approve", sent.address, "--code", sent.code, "--pin-file", str(pc.pin_file), "--yes", *home]

    return of


@pytest.fixture
def window(company_pc: Plugged) -> Iterator[Window]:
    """A window on the agent of a PC with one lock, where no server was allowed yet."""
    with (
        company_pc.page() as origin,
        httpx.Client(base_url=origin, follow_redirects=True, trust_env=False, timeout=30) as browser,
    ):
        yield Window(browser, origin)
    (company_pc.folder / "home" / "servers.json").unlink(missing_ok=True)


@pytest.fixture
def token(service: BridgeService, sent: CreatedSession) -> str:
    return claimed(service, sent)


@pytest.fixture
def arrived(window: Window, token: str, origin: str, sent: CreatedSession) -> Window:
    """The window with the task open: the link followed, the server allowed."""
    window.arrive(origin, token, "/pc/" + sent.address.rpartition("/")[2])
    return window
