"""Webhooks: what reaches a platform's server, judged by the SDK, and what is tried again."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select

from api.db import Database
from api.errors import NotFound
from api.jobs.handlers import Handlers
from api.jobs.queue import Job
from api.jobs.tables import job
from api.jobs.worker import Worker
from api.paging import PageRequest
from api.platforms.webhooks.outbox import JOB, Outbox, Webhook, webhook
from api.platforms.webhooks.rules import Outcome, State
from api.platforms.webhooks.tables import webhook as table
from api.platforms.webhooks.target import Undelivered
from ca.own_certificates import OwnCertificates, OwnIdentity, Role
from hsm import KeyKind, Token, TokenKeys
from hsm.errors import TokenNotFound
from mobile_bridge.sdk import NotVerified, Trust, verify_webhook
from tests.api.databases import migrated
from tests.api.people import Desk
from tests.api.running import Server
from tests.api.scanning import Centre
from tests.api.test_platform_rows import Register
from tests.ca.conftest import SmallCa, authorities, clock, engine, small_ca  # noqa: F401

# ruff: noqa: F811 - fixtures of the CA's tests
HOOK = "https://api.example.com/hook?from=ca"


@dataclass
class Target:
    """Takes the place of the network: answers in turn, then 204."""

    answers: list[int | Outcome] = field(default_factory=list)
    taken: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def post(self, url: str, headers: dict[str, str], body: bytes) -> int:
        self.taken.append((url, dict(headers), body))
        answer = self.answers.pop(0) if self.answers else 204
        if isinstance(answer, Outcome):
            raise Undelivered(answer)
        return answer


class Telling:
    """One platform with a callback, and a worker that tells it."""

    def __init__(self, db: Database, identity: Any) -> None:
        self.register, self.target = Register(db, HOOK), Target()
        self.db, self.clock, self.id = db, self.register.clock, self.register.id
        self.outbox = Outbox(db, self.target, identity, self.clock)  # type: ignore[arg-type]
        handlers = Handlers()
        handlers.outside(JOB, self.outbox.deliver)
        self.worker = Worker(db, handlers, self.clock, pytest.fail)

    def tell(self, scan: str = "scan", version: int = 3) -> None:
        with self.db.write() as tx:
            webhook(tx, self.id, scan, "sign", "complete", "complete", version, self.clock())

    def run(self) -> None:
        """Everything that is due."""
        while self.worker.do_next():
            pass

    def told(self) -> list[Webhook]:
        rows = self.outbox.listed(self.id, PageRequest()).rows
        return [self.outbox.show(self.id, one.id) for one in rows]


@pytest.fixture
def identity(small_ca: SmallCa, token: Token) -> OwnIdentity:
    own = OwnCertificates(
        small_ca.engine,
        small_ca.authorities,
        small_ca.issuer,
        TokenKeys(token),
        small_ca.clock,
        "封桥测试",
        KeyKind.P256,
    )
    return own.current(Role.STATEMENT)


@pytest.fixture
def telling(each_database: Database, identity: OwnIdentity) -> Telling:
    return Telling(each_database, lambda: identity)


@pytest.mark.parametrize("kind", [KeyKind.RSA_2048, KeyKind.P256, KeyKind.P384, KeyKind.ED25519])
def test_the_sdk_verifies_what_any_kind_of_key_signed(
    tmp_path: Path, small_ca: SmallCa, token: Token, kind: KeyKind
) -> None:
    where = (small_ca.engine, small_ca.authorities, small_ca.issuer, TokenKeys(token), small_ca.clock)
    identity = OwnCertificates(*where, "封桥测试", kind).current(Role.STATEMENT)
    with migrated(f"sqlite:///{tmp_path}/a.db") as db:
        telling = Telling(db, lambda: identity)
        telling.clock.now = small_ca.clock() + timedelta(minutes=1)
        telling.tell()
        telling.run()
    ((url, headers, body),) = telling.target.taken
    trust = Trust((small_ca.root.certificate,))
    notice = verify_webhook("POST", url, headers, body, trust, now=telling.clock())
    assert (notice.id, notice.kind, notice.status, notice.version) == ("scan", "sign", "complete", 3)
    with pytest.raises(NotVerified):
        verify_webhook("POST", url, headers, body.replace(b"sign", b"bind"), trust, now=telling.clock())


def test_a_platform_is_told_once_of_each_version(telling: Telling) -> None:
    for version in (3, 3, 4):
        telling.tell(version=version)
    telling.run()
    told = telling.told()
    assert {(one.state, one.attempts) for one in told} == {(State.DELIVERED, 1)}
    assert sorted(one.version for one in told) == [3, 4]
    assert len(telling.target.taken) == 2


def test_what_is_not_kept_is_not_told(telling: Telling) -> None:
    with telling.db.engine.connect() as tx:
        webhook(tx, telling.id, "scan", "sign", "complete", "complete", 3, telling.clock())
        tx.rollback()
    telling.run()
    assert telling.target.taken == []


def test_it_is_tried_again_until_it_is_taken(telling: Telling) -> None:
    telling.target.answers = [500, Outcome.TIMED_OUT, 302, 200]
    telling.tell()
    telling.run()
    assert len(telling.target.taken) == 1  # the pause is not over
    for seconds in (5, 30, 120):
        telling.clock.now += timedelta(seconds=seconds)
        telling.run()
    (told,) = telling.told()
    assert (told.state, told.delivered_at, told.next_at) == (State.DELIVERED, telling.clock(), None)
    assert [(one.outcome, one.http_status) for one in told.tries] == [
        (Outcome.REFUSED, 500),
        (Outcome.TIMED_OUT, None),
        (Outcome.REFUSED, 302),
        (Outcome.DELIVERED, 200),
    ]
    nonces = {headers["Signature-Input"] for _, headers, _ in telling.target.taken}
    assert len(nonces) == 4  # each try is signed anew


def test_it_is_given_up_and_delivered_when_the_platform_asks(telling: Telling) -> None:
    telling.target.answers = [503] * 10
    telling.tell()
    for _ in range(12):
        telling.run()
        telling.clock.now += timedelta(hours=13)
    (told,) = telling.told()
    assert (told.state, told.attempts, told.next_at) == (State.GIVEN_UP, 10, None)
    assert telling.outbox.redeliver(telling.id, told.id).state is State.WAITING
    telling.run()
    (told,) = telling.told()
    assert (told.state, told.attempts) == (State.DELIVERED, 11)


def test_a_try_that_was_asked_for_takes_the_place_of_the_next(telling: Telling) -> None:
    telling.target.answers = [500, 200]
    telling.tell()
    telling.run()
    (told,) = telling.told()
    telling.outbox.redeliver(telling.id, told.id)
    telling.run()
    telling.clock.now += timedelta(days=1)
    telling.run()
    assert len(telling.target.taken) == 2
    assert [one.number for one in telling.told()[0].tries] == [1, 2]


def test_a_worker_that_died_after_the_try_counts_it_once(telling: Telling) -> None:
    """The job comes again, as it does when its lease has lapsed."""
    telling.tell()
    with telling.db.read() as tx:
        payload = json.loads(tx.execute(select(job.c.payload).where(job.c.name == JOB)).scalar_one())
    telling.outbox.deliver(Job(0, JOB, payload, "lapsed", 1, None))
    telling.run()
    assert len(telling.target.taken) == 1
    assert telling.told()[0].attempts == 1


def test_a_platform_that_hangs_keeps_no_other_waiting(telling: Telling) -> None:
    released, entered = threading.Event(), threading.Semaphore(0)

    class Hanging(Target):
        def post(self, url: str, headers: dict[str, str], body: bytes) -> int:
            entered.release()
            released.wait(20)
            return super().post(url, headers, body)

    telling.outbox._poster = hanging = Hanging()  # type: ignore[assignment]
    for version in range(1, 5):
        telling.tell(version=version)
    tries = [threading.Thread(target=telling.worker.do_next) for _ in range(4)]
    for one in tries:
        one.start()
    assert all(entered.acquire(timeout=20) for _ in range(2))
    for one in tries:
        one.join(0.5)
    assert sum(one.is_alive() for one in tries) == 2  # the others are free for other platforms
    assert not entered.acquire(blocking=False)
    released.set()
    for one in tries:
        one.join(20)
    telling.clock.now += timedelta(seconds=2)
    telling.run()
    assert len(hanging.taken) == 4
    assert {(one.state, one.attempts) for one in telling.told()} == {(State.DELIVERED, 1)}


def test_a_token_that_is_away_is_waited_for(each_database: Database, identity: OwnIdentity) -> None:
    away = [True]

    def found() -> OwnIdentity:
        if away[0]:
            raise TokenNotFound("issuing")
        return identity

    telling = Telling(each_database, found)
    telling.tell()
    telling.run()
    away[0] = False
    telling.clock.now += timedelta(seconds=5)
    telling.run()
    assert [one.outcome for one in telling.told()[0].tries] == [Outcome.NOT_SIGNED, Outcome.DELIVERED]


def test_a_suspended_platform_is_told_when_it_is_resumed(telling: Telling) -> None:
    telling.register.platforms.suspend("console:test", telling.id, "投诉")
    telling.tell()
    telling.run()
    assert telling.target.taken == []
    telling.register.platforms.resume("console:test", telling.id, "已处理")
    telling.clock.now += timedelta(seconds=5)
    telling.run()
    assert len(telling.target.taken) == 1


def test_a_platform_without_a_callback_is_told_nothing(each_database: Database) -> None:
    quiet = Register(each_database)
    with each_database.write() as tx:
        webhook(tx, quiet.id, "scan", "sign", "complete", "complete", 3, quiet.clock())
        mine = select(func.count()).where(table.c.platform == quiet.id)
        assert tx.execute(mine).scalar_one() == 0


def test_what_another_is_told_is_out_of_reach(telling: Telling, each_database: Database) -> None:
    telling.tell()
    (told,) = telling.told()
    other = Register(each_database)
    for act in (telling.outbox.show, telling.outbox.redeliver):
        with pytest.raises(NotFound):
            act(other.id, told.id)
    assert telling.outbox.listed(other.id, PageRequest()).rows == []


def test_what_was_told_is_forgotten_after_three_months(telling: Telling) -> None:
    telling.tell()
    telling.run()
    telling.clock.now += timedelta(days=89)
    telling.outbox.forget()
    assert len(telling.told()) == 1
    telling.clock.now += timedelta(days=2)
    telling.outbox.forget()
    assert telling.told() == []


@contextmanager
def platforms_server(url: str) -> Iterator[list[tuple[dict[str, str], bytes]]]:
    """A trading centre's own web server, at a callback's address."""
    received: list[tuple[dict[str, str], bytes]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((dict(self.headers.items()), body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    parts = urlsplit(url)
    web = ThreadingHTTPServer((parts.hostname or "", parts.port or 0), Hook)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    try:
        yield received
    finally:
        web.shutdown()
        web.server_close()


def test_a_running_server_tells_a_running_platform(server: Server, desk: Desk) -> None:
    callback = server.extra["SEALBRIDGE_WEBHOOK_ORIGINS"] + "/hook"
    centre = Centre.opened(server, desk, callback_url=callback)
    with platforms_server(callback) as received:
        scan = centre.asked("login")
        assert centre.call("DELETE", f"scans/{scan['id']}").status_code in (200, 204)
        deadline = time.monotonic() + 20
        while not received and time.monotonic() < deadline:
            time.sleep(0.05)
        ((headers, body),) = received
        trust = Trust.of_pem((server.data / "pki" / "root.pem").read_bytes())
        notice = verify_webhook("POST", callback, headers, body, trust)
        state = centre.state(scan)
        assert (notice.id, notice.status, notice.hint) == (scan["id"], state["status"], state["hint"])
        assert notice.version == state["version"]
        (listed,) = centre.call("GET", "webhooks").json()["items"]
        path = f"webhooks/{listed['id']}"
        again = centre.call("POST", f"{path}/redeliver")
        assert again.status_code == 200, again.text
        while len((shown := centre.call("GET", path).json())["tries"]) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert [one["outcome"] for one in shown["tries"]] == ["delivered", "delivered"]
        assert len(received) == 2
    seen = desk.http.get(f"/v1/operator/platforms/{centre.platform.id}/webhooks/{listed['id']}")
    assert seen.json() == shown
    stranger = Centre.opened(server, desk)
    assert stranger.call("GET", path).status_code == 404
    assert stranger.call("POST", f"{path}/redeliver").status_code == 404
