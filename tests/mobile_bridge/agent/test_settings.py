"""Settings: file, environment, command line; servers and proxies that they name."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mobile_bridge.agent.config import AgentConfig, read_config
from mobile_bridge.agent.errors import ConfigInvalid
from mobile_bridge.agent.folders import Folders
from mobile_bridge.agent.server_client import Route, ServerClient
from mobile_bridge.agent.servers import KnownServers, Origin
from mobile_bridge.agent.setup import Setup
from mobile_bridge.agent.versions import OWN, newer
from mobile_bridge.errors import ServerNotAllowed, ServerUnreachable

FILE = """
port = 9000
modules = ["/opt/vendor/p11.so"]
find_modules = false
token_label = "company"
proxy = "http://user:secret@proxy:3128"
servers = ["https://CA.example"]
other_servers = "refuse"
log_level = "debug"
"""
WORLD = Origin.parse("https://ca.example")


def test_without_a_file_everything_has_a_default(tmp_path: Path) -> None:
    assert read_config(tmp_path / "agent.toml", {}) == AgentConfig()


def test_the_environment_is_above_the_file_and_options_above_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = Folders.below(tmp_path).settings
    file.write_text(FILE, encoding="utf-8-sig")  # as Notepad saves it
    read = read_config(file, {})
    assert (read.port, read.modules, read.find_modules) == (9000, (Path("/opt/vendor/p11.so"),), False)
    assert ([each.text for each in read.servers], read.asks) == (["https://ca.example"], False)
    above = {"SEALBRIDGE_AGENT_PORT": "9001", "SEALBRIDGE_AGENT_MODULES": "/a.so:/b.so"}
    for name, value in (above | {"SEALBRIDGE_AGENT_SERVERS": "https://a https://b"}).items():
        monkeypatch.setenv(name, value)
    told = Setup.of(tmp_path, port=9002).config
    assert (told.port, told.proxy) == (9002, "http://user:secret@proxy:3128")
    assert told.modules == (Path("/a.so"), Path("/b.so"))
    assert [each.text for each in told.servers] == ["https://a", "https://b"]


@pytest.mark.parametrize(
    "line",
    [
        "prot = 1",
        'port = "8765"',
        "port = 70000",
        "port = true",
        'modules = "/a.so"',
        'proxy = "proxy:3128"',
        'proxy = "socks5://proxy"',
        'servers = ["http://ca.example"]',
        'other_servers = "maybe"',
        'log_level = "loud"',
        "port = = 1",
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(tmp_path: Path, line: str) -> None:
    file = tmp_path / "agent.toml"
    file.write_text(line)
    with pytest.raises(ConfigInvalid) as refused:
        read_config(file, {})
    assert "agent.toml" in refused.value.message


def test_a_firm_may_name_the_servers(tmp_path: Path) -> None:
    file = tmp_path / "servers.json"
    KnownServers(file).allow(Origin.parse("https://other.example"))
    firm = KnownServers(file, [WORLD], asks=False)
    assert firm.knows(WORLD)
    for other in ("https://other.example", "https://evil.example"):
        with pytest.raises(ServerNotAllowed):
            firm.knows(Origin.parse(other))
    assert firm.all() == [("https://ca.example", False)]


def test_an_allowed_server_can_be_forgotten(tmp_path: Path) -> None:
    known = KnownServers(tmp_path / "servers.json")
    known.allow(WORLD)
    known.forget(WORLD)
    assert not known.knows(WORLD)


class Proxy:
    """A proxy that notes where it is to connect to, and says no."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.asked: list[str] = []
        threading.Thread(target=self._run, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def _run(self) -> None:
        while True:
            try:
                caller, _ = self.listener.accept()
            except OSError:
                return
            with caller:
                self.asked.append(caller.recv(4096).decode().splitlines()[0])
                caller.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    proxy = Proxy()
    yield proxy
    proxy.listener.close()


def test_a_named_proxy_is_used(proxy: Proxy) -> None:
    with pytest.raises(ServerUnreachable):
        ServerClient(WORLD, "token", Route(proxy.url)).task()
    assert proxy.asked == ["CONNECT ca.example:443 HTTP/1.1"]


def test_the_systems_proxy_is_used_unless_told_otherwise(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with pytest.raises(ServerUnreachable):
        ServerClient(WORLD, "token").task()
    assert proxy.asked == ["CONNECT ca.example:443 HTTP/1.1"]
    with pytest.raises(ServerUnreachable):
        ServerClient(Origin.parse("https://ca.invalid"), "token", Route("none")).task()
    assert len(proxy.asked) == 1


def test_no_proxy_stands_before_this_pc(proxy: Proxy) -> None:
    for address in ("http://127.0.0.1:9", "http://localhost:9", "https://127.0.0.1:9"):
        with pytest.raises(ServerUnreachable):
            ServerClient(Origin.parse(address), "token", Route(proxy.url)).task()
    assert proxy.asked == []


def test_a_ca_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ServerUnreachable):
        ServerClient(WORLD, "token", Route("none", tmp_path / "missing.pem")).task()


@pytest.mark.parametrize(
    ("told", "notice"),
    [("99.0.0", "99.0.0"), (OWN, ""), ("0.0.1", ""), ("", ""), ("99; rm -rf", ""), ("<b>9.9</b>", "")],
)
def test_only_a_newer_version_is_told(told: str, notice: str) -> None:
    assert newer(told) == notice
