"""A platform's page waits: long poll, events, who may, and how soon it knows."""

from __future__ import annotations

import asyncio
import io
import re
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
import uvicorn
import zxingcpp
from fastapi import FastAPI
from PIL import Image
from sqlalchemy import Engine

from api import problems
from api.db import make_engine
from api.serving import PatientServer
from mobile_bridge.server.rules import Status
from mobile_bridge.server.scans import CreatedScan, Scan, ScanService, pages, routes
from mobile_bridge.server.scans.cors import ScanCors
from mobile_bridge.server.scans.waiting import SEATS, WaitingRoom
from mobile_bridge.server.tables import metadata
from tests.mobile_bridge.conftest import Clock
from tests.mobile_bridge.scans.conftest import HOLDER, KEY, ORIGIN, PLATFORM, URL, make, qr
from tests.mobile_bridge.scans.page import Page, soon
from tests.mobile_bridge.serving import listening_socket, served

SOON = 1.5
"""Seconds: far less than what a page waits when it is not told."""


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """SQLite, unless a test names another: no SQL is special here."""
    is_sqlite = getattr(request, "param", "sqlite") == "sqlite"
    made = make_engine(f"sqlite:///{tmp_path}/a.db" if is_sqlite else request.getfixturevalue("postgres_url"))
    metadata.create_all(made)
    yield made
    made.dispose()


@pytest.fixture
def room(scans: ScanService) -> WaitingRoom:
    return WaitingRoom(scans)


@pytest.fixture
def app(room: WaitingRoom) -> FastAPI:
    app = FastAPI()
    app.add_middleware(ScanCors, room=room)
    problems.install(app)
    app.include_router(routes.router(room))
    app.include_router(pages.router("某某认证中心"))
    return app


@pytest.fixture
def server(app: FastAPI) -> Iterator[str]:
    with listening_socket() as listener, served(app, listener) as url:
        yield url


@pytest.fixture(autouse=True)
def _closed_pages() -> Iterator[None]:
    yield
    while Page.opened:
        Page.opened.pop().close()


@pytest.fixture
def page(server: str, waiting: CreatedScan) -> Page:
    return Page(server, waiting)


def told_after(act: Callable[[], object], wait: Callable[[], object]) -> float:
    """Seconds from an act to its being known."""
    done: list[float] = []

    def timed() -> None:
        act()
        done.append(time.monotonic())

    thread = soon(0.3, timed)
    wait()
    known = time.monotonic()
    thread.join()
    return known - done[0]


def test_the_first_answer_comes_at_once_with_codes_for_the_next_seconds(
    page: Page, scans: ScanService, clock: Clock
) -> None:
    clock.forward(seconds=2.25)
    began = time.monotonic()
    state = page.wait().json()
    assert time.monotonic() - began < SOON
    frames = state.pop("frames")
    known = {"status": "created", "hint": "outstanding", "version": 1, "expires_at": "2026-11-23T08:03:00Z"}
    assert state == known
    assert [one["in_ms"] for one in frames] == [0, 750, 1750, 2750, 3750, 4750, 5750, 6750, 7750]
    clock.forward(seconds=6.75)  # the last but one is shown, and another phone is still fast enough
    assert scans.claim(frames[-2]["url"], HOLDER).status is Status.CLAIMED


def test_a_page_without_news_gets_fresh_codes_in_a_while(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "FRESH_SECONDS", 1)
    began = time.monotonic()
    state = page.wait(after=1).json()
    assert 0.9 < time.monotonic() - began < 3
    assert (state["version"], len(state["frames"])) == (1, 9)


def test_a_claim_is_known_at_once(page: Page, scans: ScanService, waiting: CreatedScan) -> None:
    states: list[httpx.Response] = []
    code = qr(scans, waiting)
    lag = told_after(lambda: scans.claim(code, HOLDER), lambda: states.append(page.wait(after=1)))
    assert lag < SOON
    known = states[0].json()
    assert (known["status"], known["hint"], known["version"], known["frames"]) == (
        "claimed",
        "claimed",
        2,
        [],
    )


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)
def test_what_another_process_changes_is_known_within_a_second(
    page: Page, scans: ScanService, waiting: CreatedScan, engine: Engine, clock: Clock
) -> None:
    elsewhere = ScanService(engine, clock, KEY, URL)
    code = qr(scans, waiting)
    assert told_after(lambda: elsewhere.claim(code, HOLDER), lambda: page.wait(after=1)) < SOON


def test_the_end_of_its_time_is_known_within_a_second(page: Page, clock: Clock) -> None:
    assert told_after(lambda: clock.forward(seconds=180), lambda: page.wait(after=1)) < SOON
    state = page.wait(after=1).json()
    assert (state["status"], state["hint"]) == ("expired", "expired")


def test_what_has_ended_is_told_without_waiting(page: Page, scans: ScanService, waiting: CreatedScan) -> None:
    scans.cancel(waiting.id, PLATFORM)
    began = time.monotonic()
    assert page.wait(after=99).json()["hint"] == "cancelled"
    assert time.monotonic() - began < SOON


def test_events_tell_every_state_until_the_end(page: Page, scans: ScanService, waiting: CreatedScan) -> None:
    code = qr(scans, waiting)
    with page.events() as states:
        first = next(states)
        assert (first["hint"], len(first["frames"])) == ("outstanding", 9)
        scan = scans.claim(code, HOLDER)
        assert next(states)["hint"] == "claimed"
        with scans.approving(scan.id, HOLDER) as approval:
            assert next(states)["hint"] == "approving"
            approval.hint("pin_wrong")
        assert next(states)["hint"] == "pin_wrong"
        with scans.approving(scan.id, HOLDER) as approval, scans.store.engine.begin() as tx:
            approval.complete(tx, {"statement": "…"})
        told = list(states)
        assert [one["hint"] for one in told][-1] == "complete"
        assert "statement" not in str(told)


def test_events_bring_fresh_codes(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "FRESH_SECONDS", 1)
    began = time.monotonic()
    with page.events() as states:
        next(states)
        assert len(next(states)["frames"]) == 9
    assert 0.7 < time.monotonic() - began < 3


def test_a_stream_is_never_silent_for_long(
    page: Page, scans: ScanService, waiting: CreatedScan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proxies end what is silent, and the widget takes it for dead after 20 seconds."""
    assert routes.HEARTBEAT <= 10
    monkeypatch.setattr(routes, "HEARTBEAT", 0.2)
    scan = scans.claim(qr(scans, waiting), HOLDER)
    with page.http.stream("GET", f"{page.path}/events") as answer:
        lines = answer.iter_lines()
        heard = [line for line in (next(lines) for _ in range(9)) if line.startswith(":")]
        assert len(heard) >= 2
        scans.refuse(scan.id, HOLDER, "")
        assert '"user_refused"' in "".join(lines)


def _refusal(answer: httpx.Response) -> tuple[int, str, str]:
    problem = answer.json()
    return answer.status_code, problem["code"], problem["detail"]


def test_a_wrong_token_and_an_unknown_session_answer_alike(
    server: str, scans: ScanService, waiting: CreatedScan
) -> None:
    other = make(scans)
    wrong = [
        CreatedScan(waiting.id, other.wait_token, waiting.expires_at),
        CreatedScan(waiting.id, "x", waiting.expires_at),
        CreatedScan("0" * 32, waiting.wait_token, waiting.expires_at),
    ]
    for address in ("", "/events", "/qr.svg"):
        answers = [Page(server, one).http.get(f"/scan/v1/sessions/{one.id}{address}") for one in wrong]
        assert {_refusal(one)[:2] for one in answers} == {(401, "wait_token_invalid")}
        assert {one.headers["www-authenticate"] for one in answers} == {"Bearer"}
    assert httpx.get(f"{server}/scan/v1/sessions/{waiting.id}").status_code == 401


@pytest.mark.parametrize("address", ["", "/events", "/qr.svg"])
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://jy.example", f"{ORIGIN}.evil.example"]
)
def test_a_page_of_another_site_is_refused(
    server: str, waiting: CreatedScan, origin: str, address: str
) -> None:
    """Even with the token: whoever got hold of it shows the code on a page of his own."""
    page = Page(server, waiting, origin)
    answer = page.http.get(page.path + address)
    assert _refusal(answer)[:2] == (403, "origin_foreign")
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["vary"] == "Origin"


def test_the_page_of_its_own_site_may_read_answers_and_refusals(page: Page) -> None:
    for answer in (page.wait(), page.wait(headers={"Authorization": "Bearer wrong"})):
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert answer.headers["vary"] == "Origin"
        assert "access-control-allow-credentials" not in answer.headers


def test_who_is_no_browser_waits_with_the_token_alone(server: str, waiting: CreatedScan) -> None:
    answer = Page(server, waiting, origin=None).wait()
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("address", ["", "/events", "/qr.svg"])
def test_a_preflight_allows_the_sessions_own_origin_alone(
    server: str, waiting: CreatedScan, address: str
) -> None:
    def ask(session_id: str, origin: str) -> httpx.Headers:
        headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        headers["Access-Control-Request-Headers"] = "authorization"
        answer = httpx.options(f"{server}/scan/v1/sessions/{session_id}{address}", headers=headers)
        assert answer.status_code == 204
        return answer.headers

    own = ask(waiting.id, ORIGIN)
    assert own["access-control-allow-origin"] == ORIGIN
    assert own["access-control-allow-headers"] == "authorization"
    for session_id, origin in ((waiting.id, "https://evil.example"), ("0" * 32, ORIGIN)):
        assert not [name for name in ask(session_id, origin) if name.startswith("access-control")]


def test_a_session_has_a_few_seats_and_gives_them_back(
    server: str, scans: ScanService, waiting: CreatedScan, room: WaitingRoom
) -> None:
    page = Page(server, waiting)
    with ExitStack() as open_pages:
        streams = [open_pages.enter_context(Page(server, waiting).events()) for _ in range(SEATS)]
        for one in streams:
            next(one)
        assert _refusal(page.wait())[:2] == (429, "too_many_waits")
        with page.http.stream("GET", f"{page.path}/events") as answer:
            assert answer.status_code == 429
        assert Page(server, make(scans)).wait().status_code == 200
    deadline = time.monotonic() + 5
    while page.wait().status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_pages_that_went_away_leave_their_seats(server: str, waiting: CreatedScan) -> None:
    """A browser that is closed in the middle of a long poll."""
    for _ in range(3 * SEATS):
        page = Page(server, waiting)
        with pytest.raises(httpx.ReadTimeout):
            page.wait(after=1, timeout=0.05)
        page.http.close()
    time.sleep(0.3)
    assert Page(server, waiting).wait().status_code == 200


def test_waiting_takes_no_thread(server: str, scans: ScanService) -> None:
    with ExitStack() as open_pages:
        before = threading.active_count()
        streams = [open_pages.enter_context(Page(server, make(scans)).events()) for _ in range(20)]
        for one in streams:
            next(one)
        assert threading.active_count() - before <= 2


def test_the_picture_holds_the_code_of_this_second(
    page: Page, scans: ScanService, waiting: CreatedScan
) -> None:
    answer = page.http.get(f"{page.path}/qr.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert zxingcpp.read_barcodes(_raster(answer.content))[0].text == qr(scans, waiting)
    claimed = scans.claim(qr(scans, waiting), HOLDER)
    page.wait(after=1)
    assert _refusal(page.http.get(f"{page.path}/qr.svg"))[:2] == (409, "already_claimed")
    scans.refuse(claimed.id, HOLDER, "")
    page.wait(after=2)
    assert _refusal(page.http.get(f"{page.path}/qr.svg"))[:2] == (410, "session_refused")


def _raster(svg: bytes) -> Image.Image:
    """The squares of the picture's one path, eight pixels a module."""
    root = ET.parse(io.BytesIO(svg)).getroot()
    side = int(float(root.attrib["viewBox"].split()[2]))
    image = Image.new("L", (side * 8, side * 8), 255)
    (path,) = root.iter("{http://www.w3.org/2000/svg}path")
    squares = re.findall(r"M([\d.]+),([\d.]+)H([\d.]+)V([\d.]+)", path.attrib["d"])
    for square in squares:
        x, y, right, bottom = (round(float(one) * 8) for one in square)
        image.paste(0, (x, y, right, bottom))
    return image


def test_a_camera_app_opens_a_page_that_tells_which_app_to_use(
    server: str, scans: ScanService, waiting: CreatedScan
) -> None:
    texts = set()
    for frame in (qr(scans, waiting).rpartition("/")[2], "anything"):
        answer = httpx.get(f"{server}/q/{frame}")
        assert answer.status_code == 200
        texts.add(answer.text)
    assert len(texts) == 1
    assert "请用 App 扫码" in texts.pop()
    assert scans.of_platform(waiting.id, PLATFORM).version == 1


def test_a_server_that_stops_lets_its_pages_go(
    app: FastAPI, room: WaitingRoom, scans: ScanService, waiting: CreatedScan
) -> None:
    with listening_socket() as listener:
        config = uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=20)
        server = PatientServer(config, room.close)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with Page(url, waiting).events() as states:
            next(states)
            answers: list[httpx.Response] = []
            poll = soon(0, lambda: answers.append(Page(url, waiting).wait(after=1)))
            time.sleep(0.5)
            began = time.monotonic()
            server.should_exit = True
            assert list(states) == []
            poll.join()
        thread.join()
    assert time.monotonic() - began < 3
    assert answers[0].json()["status"] == "created"


def test_a_room_serves_one_loop_after_another(room: WaitingRoom, waiting: CreatedScan, claimed: Scan) -> None:
    async def look() -> Status:
        async with room.seat(waiting.id, waiting.wait_token, None) as watched:
            return watched.standing.status

    assert {asyncio.run(look()) for _ in range(2)} == {Status.CLAIMED}
