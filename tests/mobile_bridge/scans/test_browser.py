"""A platform's page on an origin of its own waits in a real browser; another site's page does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.sync_api import Browser, Page
from sqlalchemy import Engine

from api import problems
from api.db import make_engine
from mobile_bridge.server.scans import CreatedScan, ScanService, routes
from mobile_bridge.server.scans.cors import ScanCors
from mobile_bridge.server.scans.waiting import WaitingRoom
from mobile_bridge.server.tables import metadata
from tests.mobile_bridge.conftest import Clock
from tests.mobile_bridge.scans.conftest import HOLDER, KEY, PLATFORM, URL, make, qr
from tests.mobile_bridge.serving import listening_socket, served
from tests.support.browser import CHROMIUM, chromium

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")

POLL = """async ([address, token]) => {
  try {
    const headers = { Authorization: `Bearer ${token}` };
    const answer = await fetch(address, { headers, credentials: "omit" });
    return [answer.status, await answer.json()];
  } catch (error) {
    return [0, error.name];
  }
}"""
STREAM = """async ([address, token]) => {
  const answer = await fetch(`${address}/events`, { headers: { Authorization: `Bearer ${token}` } });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  const hints = [];
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return hints;
    hints.push(...[...value.matchAll(/"hint":"(\\w+)"/g)].map((one) => one[1]));
    document.title = hints.at(-1);
  }
}"""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    made = make_engine(f"sqlite:///{tmp_path_factory.mktemp('browser')}/a.db")
    metadata.create_all(made)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def server(scans: ScanService) -> Iterator[str]:
    room, app = WaitingRoom(scans), FastAPI()
    app.add_middleware(ScanCors, room=room)
    problems.install(app)
    app.include_router(routes.router(room))
    with served(app, listening_socket()) as url:
        yield url


@pytest.fixture
def site() -> Iterator[str]:
    """Another origin than the server's."""
    app = FastAPI()
    app.add_api_route("/", lambda: HTMLResponse("<!doctype html><title>交易平台</title>"))
    with served(app, listening_socket()) as url:
        yield url


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    page = browser.new_page()
    page.goto(site)
    yield page
    page.close()


def _address(server: str, made: CreatedScan) -> list[str]:
    return [f"{server}/scan/v1/sessions/{made.id}", made.wait_token]


def test_its_own_site_reads_answers_and_refusals(
    page: Page, server: str, site: str, scans: ScanService
) -> None:
    made = make(scans, origin=site)
    status, state = page.evaluate(POLL, _address(server, made))
    assert (status, state["hint"], len(state["frames"])) == (200, "outstanding", 9)
    wrong = [_address(server, made)[0], "wrong"]
    assert page.evaluate(POLL, wrong)[1]["code"] == "wait_token_invalid"


def test_another_site_reads_nothing_even_with_the_token(page: Page, server: str, scans: ScanService) -> None:
    made = make(scans, origin="https://jy.example")
    assert page.evaluate(POLL, _address(server, made)) == [0, "TypeError"]


def test_a_stream_tells_what_the_phone_does(
    page: Page, server: str, site: str, scans: ScanService, clock: Clock
) -> None:
    made = make(scans, origin=site)
    page.evaluate(f"({STREAM})({_address(server, made)!r}); 0")
    page.wait_for_function("document.title === 'outstanding'")
    elsewhere = ScanService(scans.store.engine, clock, KEY, URL)  # another process of the same installation
    scan = elsewhere.claim(qr(scans, made), HOLDER)
    page.wait_for_function("document.title === 'claimed'")
    scans.refuse(scan.id, HOLDER, "")
    page.wait_for_function("document.title === 'user_refused'")
    assert scans.of_platform(made.id, PLATFORM).version == 3
