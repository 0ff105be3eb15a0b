"""Calls that are sent again: done once, answered alike."""

from __future__ import annotations

import secrets
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import islice

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import select, update

from api import problems
from api.accounts.tables import session
from api.db import Database
from api.idempotency.calls import Begun, Calls, Kept
from api.idempotency.errors import KeyInvalid, RequestInProgress
from api.idempotency.fingerprint import Fingerprint
from api.idempotency.middleware import NEVER_KEPT, Idempotency
from api.idempotency.rules import KEPT, LEASE, MOST_BYTES, check_key, is_kept
from api.idempotency.tables import call
from hsm.errors import PinIncorrect
from tests.api.asgi import InProcess
from tests.api.databases import migrated
from tests.api.people import Phone, a_credit_code, code_of
from tests.api.running import Server

KEY = b"k" * 32


class Clock:
    now = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def db(each_database: Database) -> Database:
    return each_database


@pytest.fixture
def calls(db: Database, clock: Clock) -> Calls:
    return Calls(db, KEY, clock)


class Service:
    """An application whose calls count how often they are done."""

    def __init__(self, calls: Calls) -> None:
        self.done: list[str] = []
        self.may_go_on = threading.Event()
        app = FastAPI()
        problems.install(app)
        app.add_middleware(Idempotency, calls=calls, caller_of={"a": "person:1", "b": "person:2"}.get)

        @app.post("/v1/things", status_code=201)
        async def make(request: Request) -> dict[str, int]:
            body = await request.body()
            self.done.append(f"made {len(body)}")
            return {"number": len(self.done)}

        @app.post("/v1/slow")
        def slow() -> dict[str, int]:
            self.may_go_on.wait(10)
            self.done.append("slow")
            return {"number": len(self.done)}

        @app.post("/v1/unread")
        def unread() -> dict[str, int]:
            self.done.append("unread")
            return {"number": len(self.done)}

        @app.post("/v1/fails")
        def fails() -> None:
            self.done.append("failed")
            raise RuntimeError

        @app.post("/v1/pin")
        def pin() -> None:
            self.done.append("pin")
            raise PinIncorrect(tries_left=4)

        @app.post("/v1/token")
        def token() -> dict[str, object]:
            self.done.append("token")
            return {"session": [{"token": "opaque"}]}

        @app.post("/v1/address", openapi_extra=NEVER_KEPT)
        def address() -> dict[str, str]:
            self.done.append("address")
            return {"address": "one-use"}

        @app.post("/v1/pdf")
        def pdf(size: int) -> Response:
            self.done.append("pdf")
            return Response(b"%" * size, media_type="application/pdf", headers={"Location": "/x"})

        self.http = InProcess(app)

    def post(self, path: str, key: str | None = "k1", who: str = "a", **more: object) -> httpx.Response:
        headers = {"Authorization": f"Bearer {who}"} | ({"Idempotency-Key": key} if key else {})
        return self.http.post(path, headers=headers | dict(more.pop("headers", {})), **more)  # type: ignore[call-overload]


@pytest.fixture
def service(calls: Calls) -> Service:
    return Service(calls)


def test_the_same_call_is_done_once(service: Service) -> None:
    first = service.post("/v1/things", json={"a": 1})
    again = service.post("/v1/things", json={"a": 1}, key='"k1"')
    assert (again.status_code, again.json()) == (first.status_code, first.json()) == (201, {"number": 1})
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert again.headers["content-type"] == first.headers["content-type"]
    assert service.done == ["made 7"]


def test_another_call_with_the_key_is_refused(service: Service) -> None:
    service.post("/v1/things", json={"a": 1})
    for path, body in (("/v1/things", {"a": 2}), ("/v1/things?x=1", {"a": 1}), ("/v1/unread", {"a": 1})):
        assert code_of(service.post(path, json=body)) == (422, "idempotency_key_reused")
    assert len(service.done) == 1


def test_another_caller_s_key_is_another_one(service: Service) -> None:
    assert service.post("/v1/things", json={}).json() == {"number": 1}
    assert service.post("/v1/things", json={}, who="b").json() == {"number": 2}


def test_without_a_key_or_by_nobody_nothing_is_remembered(service: Service, db: Database) -> None:
    for _ in range(2):
        service.post("/v1/things", key=None)
        service.post("/v1/things", who="nobody")
    assert len(service.done) == 4
    with db.read() as tx:
        assert tx.execute(select(call)).all() == []


def test_calls_at_the_same_time_are_done_once(service: Service) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(service.post, "/v1/slow") for _ in range(4)]
        refused = [answer.result() for answer in islice(as_completed(answers), 3)]
        assert {code_of(one) for one in refused} == {(409, "request_in_progress")}
        assert {one.headers["retry-after"] for one in refused} == {"2"}
        service.may_go_on.set()
    assert service.done == ["slow"]
    assert service.post("/v1/slow").json() == {"number": 1}


def test_what_failed_may_be_tried_again(service: Service) -> None:
    for _ in range(2):
        with pytest.raises(RuntimeError):
            service.post("/v1/fails")
    assert service.done == ["failed", "failed"]


def test_a_wrong_pin_is_counted_once(service: Service) -> None:
    answers = [service.post("/v1/pin", json={"pin": "1234"}) for _ in range(2)]
    assert [one.json()["tries_left"] for one in answers] == [4, 4]
    assert service.done == ["pin"]


def test_answers_with_secrets_are_not_kept(service: Service, db: Database) -> None:
    for path in ("/v1/token", "/v1/address"):
        for _ in range(2):
            assert service.post(path).status_code == 200
    assert service.done == ["token", "token", "address", "address"]
    with db.read() as tx:
        assert tx.execute(select(call)).all() == []


def test_neither_body_nor_key_is_kept(service: Service, db: Database) -> None:
    service.post("/v1/things", json={"pin": "8642-Seal"}, key="remember-me")
    with db.read() as tx:
        row = tx.execute(select(call)).one()
    assert "8642" not in str(row)
    assert "remember" not in str(row)


def test_large_answers_pass_and_are_not_done_twice(service: Service) -> None:
    for size in (MOST_BYTES, MOST_BYTES + 1):
        key = f"pdf {size}".replace(" ", "-")
        first = service.post(f"/v1/pdf?size={size}", key=key)
        assert len(first.content) == size
        again = service.post(f"/v1/pdf?size={size}", key=key)
        if size == MOST_BYTES:
            assert (again.content, again.headers["location"]) == (first.content, "/x")
        else:
            assert code_of(again) == (409, "answer_not_kept")
    assert len(service.done) == 2


def test_a_body_that_the_route_does_not_read_counts_all_the_same(service: Service) -> None:
    service.post("/v1/unread", content=b"x" * 100_000)
    assert service.post("/v1/unread", content=b"x" * 100_000).json() == {"number": 1}
    assert code_of(service.post("/v1/unread", content=b"y")) == (422, "idempotency_key_reused")


def test_a_form_that_is_built_anew_is_the_same(service: Service) -> None:
    for _ in range(2):
        sent = service.post("/v1/things", files={"file": ("a.pdf", b"%PDF" * 9000)}, data={"pin": "1"})
        assert sent.json() == {"number": 1}
    other = service.post("/v1/things", files={"file": ("a.pdf", b"%PDF" * 9001)}, data={"pin": "1"})
    assert code_of(other) == (422, "idempotency_key_reused")


@given(some.binary(max_size=200), some.lists(some.integers(0, 200), max_size=5))
def test_a_fingerprint_does_not_depend_on_how_the_body_arrives(body: bytes, cuts: list[int]) -> None:
    kind = "multipart/form-data; boundary=ab-ab"
    whole = Fingerprint(KEY, "POST", "/", kind)
    whole.update(body + b"ab-ab" + body)
    parts = Fingerprint(KEY, "POST", "/", kind)
    last = 0
    for cut in sorted(cuts):
        parts.update((body + b"ab-ab" + body)[last:cut])
        last = max(cut, last)
    parts.update((body + b"ab-ab" + body)[last:])
    assert parts.hexdigest() == whole.hexdigest()


def test_a_crash_frees_the_key_after_a_lease(calls: Calls, clock: Clock) -> None:
    first = calls.begin("person:1", "k")
    assert isinstance(first, Begun)
    clock.now += LEASE / 2
    calls.renew(first)
    clock.now += LEASE * 0.9
    with pytest.raises(RequestInProgress):
        calls.begin("person:1", "k")
    clock.now += LEASE
    second = calls.begin("person:1", "k")
    assert isinstance(second, Begun)
    calls.release(first)  # whoever comes back too late changes nothing
    with pytest.raises(RequestInProgress):
        calls.begin("person:1", "k")


def test_a_key_is_forgotten_after_a_day(service: Service, calls: Calls, clock: Clock) -> None:
    service.post("/v1/things")
    clock.now += KEPT - timedelta(seconds=1)
    assert isinstance(calls.begin("person:1", "k1"), Kept)
    assert calls.clear() == 0
    clock.now += timedelta(seconds=1)
    assert service.post("/v1/things").json() == {"number": 2}
    clock.now += KEPT
    assert calls.clear() == 1


@pytest.mark.parametrize("header", ["", '""', "a b", "密", "x" * 256, "a\tb"])
def test_what_is_no_key(header: str) -> None:
    with pytest.raises(KeyInvalid):
        check_key(header)


def test_which_answers_are_kept() -> None:
    assert is_kept(204, "", b"")
    assert is_kept(200, "application/json", b'{"code": "linyi"}')
    assert not is_kept(200, "application/json", b'[{"a": {"Secret": 1}}]')
    assert not is_kept(409, "application/problem+json", b'{"code": "application_state"}')
    assert not is_kept(500, "text/plain", b"")


def test_on_a_running_server(server: Server, phone: Phone) -> None:
    phone.http.headers["Idempotency-Key"] = secrets.token_hex(16)
    code = a_credit_code()
    enterprise = {"name": "临沂阳光建设有限公司", "credit_code": code}
    answers = [phone.http.post("/v1/messages/read", params={"kind": "paid"}) for _ in range(2)]
    assert [one.headers.get("idempotent-replayed") for one in answers] == [None, "true"]
    assert code_of(phone.http.post("/v1/messages/read", json=enterprise))[1] == "idempotency_key_reused"
    described = phone.http.get("/openapi.json").json()["paths"]["/v1/messages/read"]["post"]["parameters"]
    assert "Idempotency-Key" in [one["name"] for one in described]


def test_a_call_with_a_key_does_not_forget_where_its_session_was_used(server: Server, phone: Phone) -> None:
    key = {"Idempotency-Key": secrets.token_hex(16)}
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    with migrated(f"sqlite:///{server.data}/sealbridge.db") as db:
        digest = sha256(phone.http.headers["Authorization"].removeprefix("Bearer ").encode()).hexdigest()
        mine = session.c.token_digest == digest
        with db.write() as tx:
            assert tx.execute(update(session).where(mine).values(last_seen_at=long_ago)).rowcount == 1
        assert phone.http.post("/v1/messages/read", headers=key).status_code == 200
        with db.read() as tx:
            seen = tx.execute(select(session.c.address, session.c.last_seen_at).where(mine)).one()
    assert seen.address == "127.0.0.1"
    assert seen.last_seen_at > long_ago
