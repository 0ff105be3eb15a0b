"""<sealbridge-scan> in a real browser, on another origin's page with a strict policy, by the real engine."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.sync_api import Browser, Page, Request, Route, expect

from api import problems
from api.db import make_engine
from mobile_bridge.server import widget
from mobile_bridge.server.rules import SessionKind
from mobile_bridge.server.scans import CreatedScan, ScanService, routes
from mobile_bridge.server.scans.cors import ScanCors
from mobile_bridge.server.scans.waiting import WaitingRoom
from mobile_bridge.server.tables import metadata
from tests.mobile_bridge.scans.conftest import DIGEST, HOLDER, KEY, PLATFORM, REQUEST
from tests.mobile_bridge.serving import listening_socket, served
from tests.support.browser import CHROMIUM, chromium, codes_seen

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")


@dataclass
class Stage:
    """The service, the platform's page, and a browser window before it."""

    service: str
    site: str
    browser: Browser
    scans: ScanService = field(init=False)
    pages: dict[str, CreatedScan] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    age: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) - self.age

    def start(self, age: timedelta = timedelta()) -> CreatedScan:
        """A scan of one minute, of which ``age`` has passed."""
        self.age = age
        asked = {"platform": PLATFORM, "request": REQUEST, "origin": self.site, "digest": DIGEST}
        made = self.scans.create(kind=SessionKind.SIGN, lifetime=timedelta(minutes=1), **asked)  # type: ignore[arg-type]
        self.age = timedelta()
        return made

    def html(self, made: CreatedScan) -> str:
        return (
            "<!doctype html><html lang=zh><meta charset=utf-8><title>扫码</title>"
            f'<script type="module" src="{self.service}{widget.ENTRY}"></script>'
            f'<sealbridge-scan scan="{made.id}" token="{made.wait_token}" done-href="/done" '
            'renew-href="/again"></sealbridge-scan>'
        )

    def window(self, made: CreatedScan, **looks: Any) -> Page:
        self.pages["page"] = made
        context = self.browser.new_context(viewport={"width": 420, "height": 480}, **looks)
        page = context.new_page()
        page.on("console", lambda said: self.complaints.append(said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def shown(self, made: CreatedScan) -> Page:
        page = self.window(made)
        page.goto(f"{self.site}/page")
        return page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def stage(tmp_path: Path, browser: Browser) -> Iterator[Stage]:
    engine = make_engine(f"sqlite:///{tmp_path}/a.db")
    metadata.create_all(engine)
    listener, site_listener = listening_socket(), listening_socket()
    service, site = (f"http://127.0.0.1:{one.getsockname()[1]}" for one in (listener, site_listener))
    stage = Stage(service, site, browser)
    stage.scans = scans = ScanService(engine, stage.now, KEY, service, lambda tx, scan: None)
    room = WaitingRoom(scans)
    ours = FastAPI()
    ours.add_middleware(ScanCors, room=room)
    problems.install(ours)
    ours.include_router(routes.router(room))
    ours.include_router(widget.router())
    with served(ours, listener), served(_platform(stage), site_listener):
        yield stage
        for context in browser.contexts:
            context.close()
        room.close()
    engine.dispose()


def _platform(stage: Stage) -> FastAPI:
    policy = (
        f"default-src 'none'; script-src {stage.service}; connect-src {stage.service}; style-src 'self'; "
        "base-uri 'none'; require-trusted-types-for 'script'"
    )
    theirs = FastAPI()

    @theirs.get("/{name}")
    def page(name: str) -> HTMLResponse:
        html = stage.html(stage.pages[name]) if name in stage.pages else f"<title>{name}</title>"
        return HTMLResponse(html, headers={"Content-Security-Policy": policy})

    return theirs


def code_on(page: Page, seconds: float = 15) -> str:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := codes_seen(page):
            return found[0]
        page.wait_for_timeout(50)
    raise AssertionError(f"no code: {page.inner_text('body')}")


def says(page: Page, text: str) -> None:
    expect(page.get_by_text(text)).to_be_visible(timeout=15_000)


def test_the_code_changes_each_second_and_a_phone_is_believed_with_what_it_read(stage: Stage) -> None:
    made = stage.start()
    page = stage.shown(made)
    seen = {code_on(page)}
    says(page, "等待扫码")
    while len(seen) < 8:  # past the first answer's frames
        page.wait_for_timeout(400)
        seen.add(code_on(page))
    assert len({re.split(r"[/.]", one)[-2] for one in seen}) == 8
    stage.scans.claim(code_on(page), HOLDER)
    says(page, "请在手机上核对并确认")
    assert codes_seen(page) == []
    assert stage.complaints == []


def test_it_says_what_the_phone_does_and_leads_on(stage: Stage) -> None:
    made = stage.start()
    page = stage.shown(made)
    page.evaluate("""() => {
      window.told = [];
      for (const name of ["sealbridge-state", "sealbridge-complete", "sealbridge-ended"])
        document.addEventListener(name, (event) => {
          window.told.push([name, event.detail.status, event.detail.hint]);
          if (name === "sealbridge-complete") event.preventDefault();
        });
    }""")
    stage.scans.claim(code_on(page), HOLDER)
    with stage.scans.approving(made.id, HOLDER) as approval:
        approval.hint("pin_wrong")
    says(page, "PIN 码错误")
    with stage.scans.approving(made.id, HOLDER) as approval:
        says(page, "正在处理")
        with stage.scans.store.engine.begin() as tx:
            approval.complete(tx, {"statement": "x"})
    says(page, "已完成")
    told = page.evaluate("window.told")
    assert ["sealbridge-state", "claimed", "pin_wrong"] in told
    assert told[-1] == ["sealbridge-complete", "complete", "complete"]
    assert page.url.endswith("/page")  # the page kept the link from being followed
    assert stage.complaints == []


def test_a_page_left_open_beyond_its_time_offers_a_new_code(stage: Stage) -> None:
    page = stage.shown(stage.start(age=timedelta(seconds=55)))
    code_on(page)
    says(page, "二维码已过期")
    assert codes_seen(page) == []
    button = page.get_by_role("button", name="重新获取")
    expect(button).to_be_focused()
    button.click()
    page.wait_for_url("**/again")
    assert stage.complaints == []


def test_a_refusal_ends_it(stage: Stage) -> None:
    made = stage.start()
    page = stage.shown(made)
    stage.scans.claim(code_on(page), HOLDER)
    stage.scans.refuse(made.id, HOLDER, "")
    says(page, "已在手机上拒绝")


def test_a_wrong_token_is_told_as_a_code_that_is_over(stage: Stage) -> None:
    made = stage.start()
    page = stage.shown(CreatedScan(made.id, "x" * 43, made.expires_at))
    says(page, "二维码已过期")


def test_another_scan_takes_its_place_when_the_page_says_so(stage: Stage) -> None:
    first, second = stage.start(), stage.start()
    page = stage.shown(first)
    assert first.id in code_on(page)
    page.evaluate(
        """([id, token]) => {
          const element = document.querySelector("sealbridge-scan");
          element.setAttribute("scan", id);
          element.setAttribute("token", token);
        }""",
        [second.id, second.wait_token],
    )
    page.wait_for_timeout(500)
    assert second.id in code_on(page)


@pytest.mark.parametrize("how", ["another type", "held back"])
def test_it_polls_where_streams_do_not_come_through(stage: Stage, how: str) -> None:
    """A proxy that answers something else, or gathers the stream up."""
    made = stage.start()
    page = stage.window(made)
    polls: list[str] = []

    def on_request(request: Request) -> None:
        if "after=" in request.url:
            polls.append(request.url)

    def on_stream(route: Route) -> None:
        if how == "another type":
            allowed = {"Access-Control-Allow-Origin": stage.site}
            route.fulfill(status=200, content_type="text/html", body="<p>", headers=allowed)

    page.on("request", on_request)
    page.route("**/events", on_stream)
    page.goto(f"{stage.site}/page")
    stage.scans.claim(code_on(page), HOLDER)
    says(page, "请在手机上核对并确认")
    assert polls


def test_a_lost_network_shows_no_dead_code_and_comes_back(stage: Stage) -> None:
    page = stage.shown(stage.start())
    code_on(page)
    page.context.set_offline(True)
    page.route("**/scan/v1/**", lambda route: route.abort())
    page.evaluate(
        "document.dispatchEvent(new Event('visibilitychange'))"
    )  # ask now: streams outlive `offline`
    says(page, "网络连接中断")
    assert codes_seen(page) == []
    page.unroute("**/scan/v1/**")
    page.context.set_offline(False)
    code_on(page)
    expect(page.get_by_text("网络连接中断")).to_be_hidden()


def test_dark_and_still(stage: Stage) -> None:
    """What people asked of their system holds; the code stays dark on light."""
    made = stage.start()
    page = stage.window(made, color_scheme="dark", reduced_motion="reduce", forced_colors="active")
    page.goto(f"{stage.site}/page")
    stage.scans.claim(code_on(page), HOLDER)
    says(page, "请在手机上核对并确认")
    status = page.get_by_role("status")
    expect(status).to_have_attribute("aria-live", "polite")
    assert stage.complaints == []
