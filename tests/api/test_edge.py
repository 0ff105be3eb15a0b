"""What every answer has, and what happens when something breaks."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from sqlalchemy import text
from starlette.types import ASGIApp

from api import logs, problems
from api.db import Database, make_engine
from api.edge import Edge, limit_of
from api.logs import log
from api.metrics.meters import Meters
from hsm.errors import KeyNotFound, PinIncorrect, SealBridgeError
from tests.api.people import Phone, code_of
from tests.api.running import Server


class InProcess:
    """Asks an application without a server."""

    def __init__(self, app: ASGIApp) -> None:
        self._transport = httpx.ASGITransport(app)

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def asked() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url="http://here") as client:
                return await client.request(method, path, **more)

        return asyncio.run(asked())

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("GET", path, **more)


@pytest.fixture
def said() -> Iterator[StringIO]:
    """What is logged."""
    root, stream = logging.getLogger(), StringIO()
    before = (root.handlers, root.level)
    logs.configure(stream=stream)
    yield stream
    root.handlers, root.level = before[0], before[1]


@pytest.fixture
def breaking(tmp_path: Path) -> Iterator[InProcess]:
    """An application whose parts break."""
    app = FastAPI()
    app.add_middleware(Edge, meters=Meters())
    problems.install(app)
    small = Database(make_engine(f"sqlite:///{tmp_path}/small.db"))

    @app.get("/unforeseen")
    def unforeseen() -> None:
        raise RuntimeError("the secret is 8642")

    @app.get("/our-fault")
    def our_fault() -> None:
        raise SealBridgeError("inner workings")

    @app.get("/token-gone")
    def token_gone() -> None:
        raise KeyNotFound("no key")

    @app.get("/wrong-pin")
    def wrong_pin() -> None:
        raise PinIncorrect(tries_left=2)

    @app.get("/full-disk")
    def full_disk() -> None:
        Path("/dev/full").write_text("x")

    @app.get("/full-database")
    def full_database() -> None:
        with small.write() as tx:
            tx.execute(text("PRAGMA max_page_count = 3"))
            tx.execute(text("CREATE TABLE t (x BLOB)"))
            tx.execute(text("INSERT INTO t VALUES (zeroblob(1000000))"))

    @app.post("/body")
    async def body(request: Request) -> int:
        return len(await request.body())

    yield InProcess(app)
    small.engine.dispose()


def test_an_unforeseen_error_tells_nothing_and_logs_all(breaking: InProcess, said: StringIO) -> None:
    answer = breaking.get("/unforeseen", headers={"X-Request-Id": "request-4711"})
    assert code_of(answer) == (500, "internal")
    assert "8642" not in answer.text
    assert answer.headers["x-request-id"] == "request-4711"
    lines = [json.loads(line) for line in said.getvalue().splitlines()]
    failed = next(line for line in lines if line["event"] == "unexpected_error")
    assert failed["request_id"] == "request-4711"
    assert "RuntimeError" in failed["exception"]


def test_our_own_faults_keep_their_detail(breaking: InProcess) -> None:
    assert breaking.get("/our-fault").json()["detail"] == "internal error"


def test_a_key_missing_on_the_server_is_not_the_callers_404(breaking: InProcess) -> None:
    answer = breaking.get("/token-gone")
    assert code_of(answer) == (503, "key_not_found")
    assert answer.headers["retry-after"]


def test_facts_travel_with_a_problem(breaking: InProcess) -> None:
    assert breaking.get("/wrong-pin").json()["tries_left"] == 2


@pytest.mark.parametrize("path", ["/full-disk", "/full-database"])
def test_a_full_disk_is_said_and_passes(breaking: InProcess, path: str) -> None:
    assert code_of(breaking.get(path)) == (503, "disk_full")


def test_a_body_without_declared_length_is_limited_too(breaking: InProcess) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(6):
            yield b"x" * 65536

    assert code_of(breaking.ask("POST", "/body", content=chunks())) == (413, "body_too_large")
    assert breaking.ask("POST", "/body", content=b"x" * 1000).json() == 1000


def test_what_is_never_logged(said: StringIO) -> None:
    log.info("x", pin="8642", password="p4ss", token="t0ken", phone="13812345678", text="Bearer abc.def")
    log.info("y", given={"new_pin": "8642", "sms_code": "042137"}, shopping="fine")
    logging.getLogger("other").warning("call 13812345678 with Bearer abc.def")
    for secret in ("8642", "p4ss", "t0ken", "13812345678", "abc.def", "042137"):
        assert secret not in said.getvalue()
    assert "138***5678" in said.getvalue()
    assert "fine" in said.getvalue()


def test_an_invalid_request_is_not_repeated_in_the_answer(server: Server, phone: Phone) -> None:
    answer = phone.http.post("/v1/sessions", json={"phone": phone.number, "code": "secret-9"})
    assert code_of(answer) == (422, "request_invalid")
    assert "secret-9" not in answer.text
    assert "code" in answer.json()["fields"]


def test_every_answer_is_guarded(server: Server) -> None:
    client = server.client()
    for path in ("/", "/docs", "/dev/inbox", "/v1/catalogue", "/nowhere", "/pki/root.cer"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-request-id"]


def test_pages_have_nothing_inline_and_nothing_from_elsewhere(server: Server) -> None:
    client = server.client()
    for path in ("/", "/docs", "/dev/inbox"):
        page = client.get(path).text
        for word in ("<script", "<style", " style=", "onclick", 'src="http', 'href="http'):
            assert word not in page


def test_the_start_page_leads_to_what_is_there(server: Server) -> None:
    client = server.client()
    page = client.get("/").text
    assert '<html lang="zh-CN">' in page
    links = {part.split('"')[0] for part in page.split('href="')[1:]} - {"data:,"}  # the icon: none
    assert {"/docs", "/openapi.json", "/pki/root.cer", "/pki/issuing.crl", "/dev/inbox"} <= links
    assert [link for link in links if client.get(link, follow_redirects=True).status_code != 200] == []


def test_unknown_addresses_and_methods_are_problems_too(server: Server) -> None:
    client = server.client()
    assert code_of(client.get("/nowhere")) == (404, "not_found")
    assert code_of(client.delete("/v1/catalogue")) == (405, "method_not_allowed")
    assert code_of(client.post("/v1/sms-codes", content=b"{" * 300_000)) == (413, "body_too_large")
    broken = client.post("/v1/sms-codes", content=b"{", headers={"Content-Type": "application/json"})
    assert code_of(broken) == (422, "request_invalid")


def test_the_api_describes_itself(server: Server) -> None:
    described = httpx.get(f"{server.url}/openapi.json").json()
    for path, method in (
        ("/v1/sms-codes", "post"),
        ("/v1/applications/{application_id}/send-to-computer", "post"),
        ("/v1/certificates/{serial}/seals", "post"),
        ("/v1/review/applications/{application_id}/approve", "post"),
        ("/bridge/v1/claims", "post"),
    ):
        assert method in described["paths"][path]


def test_a_head_without_end_is_cut_off(server: Server) -> None:
    """The server stops reading long before a caller can fill its memory."""
    line = b"x: " + b"a" * 1000 + b"\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as caller:
        with contextlib.suppress(ConnectionError):  # closed while we are still talking
            caller.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n" + line * 3000 + b"\r\n")
        try:
            answered = caller.recv(100)
        except ConnectionError:
            answered = b""
    assert not answered or b" 400 " in answered.partition(b"\r\n")[0]
    assert server.client().get("/healthz").status_code == 200


def test_trailers_are_no_fields_and_have_an_end(server: Server) -> None:
    """What follows a chunked body is neither kept without bound nor taken for the head's."""
    head = b"POST /pki/ocsp HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n0\r\n0\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as caller:
        caller.sendall(head + b"X-Request-Id: from-a-trailer\r\n\r\n")
        answered = caller.recv(65536)
    assert answered.startswith(b"HTTP/1.1 200 ")
    assert b"from-a-trailer" not in answered
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as caller:
        caller.sendall(head)
        with pytest.raises(ConnectionError):  # closed while we are still talking
            caller.sendall((b"x: " + b"a" * 1000 + b"\r\n") * 100_000)
    assert server.client().get("/healthz").status_code == 200


def test_text_that_postgresql_cannot_store(postgres_url: str) -> None:
    app, db = FastAPI(), Database(make_engine(postgres_url))
    problems.install(app)

    @app.get("/{name}")
    def find(name: str) -> str:
        with db.read() as tx:
            return str(tx.execute(text("select :name"), {"name": name}).scalar_one())

    here = InProcess(app)
    assert here.get("/a").json() == "a"
    assert code_of(here.get("/a%00b")) == (422, "request_invalid")
    db.engine.dispose()


@pytest.mark.parametrize(
    ("path", "kind", "megabytes"),
    [
        ("/v1/certificates/0AF3/seals", "multipart/form-data", 258),
        ("/v1/certificates/0AF3/seals/", "multipart/form-data", 66),
        ("/v1/certificates/0AF3/seals", "application/pdf", 64),
        ("/v1/certificates/0AF3/seals", "text/plain", 0.25),
        ("/v1/applications/1/seals", "multipart/form-data", 66),
    ],
)
def test_large_documents_are_taken_at_one_address(path: str, kind: str, megabytes: float) -> None:
    assert limit_of(path, kind) == megabytes * 1024**2
