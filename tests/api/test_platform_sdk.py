"""The SDK's calls at a real server: what holds, and how each refusal is told."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from mobile_bridge.sdk import (
    AtKeyword,
    Conflict,
    Ended,
    FieldLock,
    Invalid,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    OnEveryPage,
    OpeningSession,
    Place,
    PlatformClient,
    PlatformKey,
    Refused,
    Seam,
    Started,
    ToSeal,
    Unreachable,
)
from mobile_bridge.sdk.scans import request_digest
from tests.api.people import Desk
from tests.api.platform_calls import register
from tests.api.running import Server, free_port

ORIGIN = "https://sdk.example.cn"
KINDS = ["bind", "login", "tool-login", "sign", "generate", "record", "decrypt"]


def opened(server: Server, desk: Desk, origin: str, *kinds: str) -> PlatformClient:
    """A client of a platform that was just registered."""
    key, domain = PlatformKey.new(), origin.removeprefix("https://")
    platform = register(server, desk, key.key, domain=domain, origins=[origin], scopes=list(kinds))
    with PlatformClient(server.url, key, origin=origin) as first:
        assert first.platform == platform.id
    return PlatformClient(server.url, key, origin=origin)


@pytest.fixture(scope="module")
def client(server: Server, desk: Desk) -> Iterator[PlatformClient]:
    with opened(server, desk, ORIGIN, *KINDS) as client:
        yield client


def test_a_scan_is_started_looked_at_and_taken_back(client: PlatformClient) -> None:
    started = client.login(title="登录", lifetime_seconds=60)
    assert Started.from_dict(started.as_dict()) == started
    assert started.wait_token not in repr(started)
    found = client.scan(started.id)
    assert (found.kind, found.status, found.hint) == ("login", "created", "outstanding")
    assert (found.is_final, found.answer) == (False, None)
    assert client.wait(started.id, seconds=0).status == "created"
    client.cancel(started.id)
    assert client.scan(started.id).is_final
    assert b"cancel" in client.evidence(started.id)
    with pytest.raises(Ended) as refusal:
        client.cancel(started.id)
    assert refusal.value.code == "session_cancelled"
    assert "取消" in refusal.value.message


def test_every_kind_is_asked_for_and_digested_alike(client: PlatformClient, a_pdf: bytes) -> None:
    """The digest is reckoned on both sides; a difference would be refused by the SDK."""
    sent = client.upload(a_pdf)
    assert (sent.pages, client.upload(a_pdf).sha256) == (2, sent.sha256)
    places = (Place(0, 100, 200.5), Place(-1, 80.25, 90), OnEveryPage(60, 60.5), Seam("left", 100, (0, -1)))
    by_words = (AtKeyword("招标公告", "first", 60, 60.25), Seam())
    lock = FieldLock("include", ("报价",))
    started = [
        client.bind("u-1", user_name="李晓明", title="绑定"),
        client.tool_login("投标工具"),
        client.record(),
        client.sign("签署", [ToSeal(sent.sha256, "招标文件", places)]),
        client.sign("认证", [ToSeal(sent.sha256, "招标文件", by_words, certify=2, lock=lock)]),
        client.generate("招标文件", sent.sha256, len(a_pdf), {"项目编号": "LY-1"}, title="生成"),
    ]
    assert [client.scan(one.id).kind for one in started] == [
        "bind",
        "tool-login",
        "record",
        "sign",
        "sign",
        "generate",
    ]
    for one in started:
        client.cancel(one.id)


def test_the_digest_is_of_the_canonical_request() -> None:
    request = {"z": 1.0, "a": [1.5, True, None], "名": "值", "origin": ORIGIN}
    assert request_digest("p", request) == request_digest("p", dict(reversed(request.items())) | {"z": 1})
    assert request_digest("p", request) != request_digest("q", request)


def test_refusals_are_told_by_their_kind(client: PlatformClient, server: Server) -> None:
    def refused(kind: type[Refused], code: str) -> pytest.RaisesExc[Refused]:
        return pytest.RaisesExc(kind, check=lambda error: error.code == code)

    with refused(NotFound, "session_not_found"):
        client.scan("0" * 32)
    with refused(Invalid, "pdf_damaged"):
        client.upload(b"%PDF-1.7 nothing")
    with pytest.raises(Refused):
        client.decrypt("工程", "LY-1", OpeningSession.new().public_key, [])
    stranger = PlatformClient(server.url, PlatformKey.new(), origin=ORIGIN)
    with pytest.raises(NotAuthenticated):
        stranger.keys()
    stranger.close()


def test_a_platform_without_the_scope_is_told_so(server: Server, desk: Desk) -> None:
    with opened(server, desk, "https://less.example.cn", "login") as less:
        assert less.login().kind == "login"
        with pytest.raises(NotPermitted) as refusal:
            less.record()
        assert refusal.value.code == "scope_missing"


def test_keys_are_changed_without_a_gap(client: PlatformClient, server: Server) -> None:
    new = PlatformKey.new()
    client.add_key(new, "2027")
    with PlatformClient(server.url, new, origin=ORIGIN) as renewed:
        listed = renewed.keys()
        assert new.id in {one["id"] for one in listed}
        client.remove_key(new.id)
        with pytest.raises(NotAuthenticated):
            renewed.keys()
    listed = client.keys()
    (last,) = [one for one in listed if one["retired_at"] is None]
    with pytest.raises(Conflict):
        client.remove_key(last["id"])


def test_bindings_are_listed_and_unknown_ones_told(client: PlatformClient) -> None:
    assert client.bindings(user="nobody")["items"] == []
    with pytest.raises(NotFound):
        client.unbind("0" * 24)


def test_no_service_is_told_apart_from_a_refusal(server: Server) -> None:
    nowhere = PlatformClient(f"http://127.0.0.1:{free_port()}", PlatformKey.new(), origin=ORIGIN)
    with nowhere, pytest.raises(Unreachable):
        nowhere.keys()


def test_a_call_seen_on_the_wire_is_worth_nothing_again(client: PlatformClient, server: Server) -> None:
    seen: list[httpx.Request] = []
    client._http.event_hooks["request"].append(seen.append)
    client.keys()
    client._http.event_hooks["request"].clear()
    again = httpx.request("GET", seen[0].url, headers=seen[0].headers)
    assert (again.status_code, again.json()["code"]) == (401, "signature_replayed")
