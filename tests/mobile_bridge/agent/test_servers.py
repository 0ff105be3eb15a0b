"""Which addresses the agent follows, and which servers it talks to."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from hsm.errors import SealBridgeError
from mobile_bridge.agent.errors import AddressMalformed, ServerInsecure
from mobile_bridge.agent.server_client import ServerClient
from mobile_bridge.agent.servers import KnownServers, Origin, read_signing_url
from mobile_bridge.errors import DocumentSuspicious, MessageMalformed, ServerUnreachable
from tests.mobile_bridge.serving import listening_socket, served


def test_a_signing_address_names_its_server() -> None:
    origin, address = read_signing_url(" https://CA.example:8443/pc/abcde-fghjk ")
    assert (origin.text, address) == ("https://ca.example:8443", "abcde-fghjk")


@pytest.mark.parametrize(
    ("url", "refusal"),
    [
        ("http://ca.example/pc/ABCDE-FGHJK", ServerInsecure),
        ("http://127.0.0.1.evil.example/pc/ABCDE-FGHJK", ServerInsecure),
        ("https://ca.example@evil.example/pc/ABCDE-FGHJK", AddressMalformed),
        ("https://ca.example/other/ABCDE-FGHJK", AddressMalformed),
        ("https://ca.example/pc/../../x", AddressMalformed),
        ("https:///pc/ABCDE-FGHJK", AddressMalformed),
        ("https://ca.example:99999/pc/ABCDE-FGHJK", AddressMalformed),
        ("file:///pc/ABCDE-FGHJK", AddressMalformed),
        ("ABCDE-FGHJK", AddressMalformed),
    ],
)
def test_other_addresses_are_refused(url: str, refusal: type[SealBridgeError]) -> None:
    with pytest.raises(refusal):
        read_signing_url(url)


def test_an_allowed_server_stays_allowed_and_a_damaged_list_allows_nobody(tmp_path: Path) -> None:
    file, origin = tmp_path / "home" / "servers.json", Origin.parse("https://ca.example")
    assert not KnownServers(file).knows(origin)
    KnownServers(file).allow(origin)
    assert KnownServers(file).knows(origin)
    assert not KnownServers(file).knows(Origin.parse("https://ca.example:444"))
    file.write_text("{")
    assert not KnownServers(file).knows(origin)


def _elsewhere(request: Request) -> Response:
    return RedirectResponse("https://evil.example/", 307)


def _endless(request: Request) -> Response:
    return Response(bytes(300 * 1024))


STRANGE = {
    "redirect": (_elsewhere, ServerUnreachable),
    "no bridge": (lambda request: PlainTextResponse("gone", 502), ServerUnreachable),
    "no JSON": (lambda request: PlainTextResponse("hello"), MessageMalformed),
    "another JSON": (lambda request: PlainTextResponse('["site"]'), MessageMalformed),
    "too much": (_endless, DocumentSuspicious),
}


@pytest.mark.parametrize("strange", STRANGE)
def test_strange_servers(strange: str) -> None:
    endpoint, refusal = STRANGE[strange]
    app = Starlette(routes=[Route("/bridge/v1/task", endpoint)])  # type: ignore[arg-type]
    with served(app, listening_socket()) as origin, pytest.raises(refusal):
        ServerClient(Origin.parse(origin), "token").task()


def test_nobody_there() -> None:
    with listening_socket() as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ServerUnreachable):
        ServerClient(Origin.parse(f"http://127.0.0.1:{port}"), "token").task()


def test_no_proxy_stands_between_the_agent_and_this_pc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    app = Starlette(routes=[Route("/bridge/v1/task", lambda request: Response("{}"))])
    with served(app, listening_socket()) as origin, pytest.raises(MessageMalformed):
        ServerClient(Origin.parse(origin), "token").task()
