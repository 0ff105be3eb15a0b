"""The bidding tool's own page in a real browser, and what other sites may not do with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from tests.api.bidders import Member, Tool
from tests.api.locks import LockCa
from tests.api.people import Desk
from tests.api.running import Server
from tests.api.scanning import founded
from tests.api.trading import Screen, TradingCentre, approve, scan, trading_centre
from tests.journeys.papers import bid_letter
from tests.support.browser import CHROMIUM, chromium

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")


@pytest.fixture(scope="module")
def centre(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TradingCentre]:
    with trading_centre(server, tmp_path_factory.mktemp("centre")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def member(server: Server, desk: Desk, lock_ca: LockCa, centre: TradingCentre) -> Iterator[Member]:
    found = Member(founded(server, desk, lock_ca), centre, "bidder").joined()
    owner = Member(founded(server, desk, lock_ca), centre, "tenderer")
    with closing(found.http), closing(owner.http):
        owner.joined().tender("LY-PAGE")
        yield found


@pytest.fixture
def page(member: Member, centre: TradingCentre, tmp_path: Path) -> Iterator[str]:
    Tool(tmp_path, "new", "bid", "--centre", centre.url, "--tender", "LY-PAGE").done()
    (tmp_path / "bid" / "技术标.pdf").write_bytes(bid_letter())
    tool = Tool(tmp_path / "bid", "serve", "--no-open")
    tool.says("投标页面")
    found = re.search(r"http://127\.0\.0\.1:\d+", tool.text)
    assert found
    yield found[0]
    tool.killed()


def test_a_bid_is_made_on_the_page(page: str, member: Member, browser: Browser, tmp_path: Path) -> None:
    screen = Screen.of(browser, page).open("/")

    def step(title: str) -> Screen:
        screen.page.locator(".bid-steps li").filter(has_text=title).locator("button").click()
        return screen

    for title, told in (("CA 认证", "已认证"), ("同步诚信库", "临沂阳光建设有限公司")):
        step(title)
        approve(member.holder, scan(member.holder, screen.code()))
        screen.says(told)
    screen.page.locator("li").filter(has_text="技术标.pdf").locator("[name=seal]").check()
    screen.press("添加").says("需要签章")
    screen.page.locator("[name=lines]").fill("投标报价=3,000,000 元\n工期=120 天")
    screen.press("保存").says("2 项唱标信息")
    step("生成加密投标文件").says("尚未签章或签章后已改动", "seal_missing")
    step("个文件已签章")
    approve(member.holder, scan(member.holder, screen.code()))
    screen.says("1/1 个文件已签章")
    step("生成加密投标文件").says("清单 ")
    step("上传")
    screen.says("+00:00")
    step("扫码递交").says("no_window")  # this tender has no announced time
    assert screen.complaints == []
    screen.close()
    assert (tmp_path / "bid" / "envelopes" / "manifest.json").exists()
    assert "已收到贵单位的投标文件" in member.http.get(_tender(member)).text


def _tender(member: Member) -> str:
    found = re.search(r'LY-PAGE</td><td><a href="([^"]+)"', member.http.get("/").text)
    assert found
    return found[1]


def test_other_sites_do_nothing_here(page: str) -> None:
    port = page.rpartition(":")[2]
    with httpx.Client(base_url=page) as other:
        for host in ("evil.example", f"evil.example:{port}", "127.0.0.1"):
            assert other.get("/", headers={"Host": host}).status_code == 403
        home = other.get("/")
        assert "unsafe" not in home.headers["content-security-policy"]
        token = re.search(r'name="form" value="([^"]+)"', home.text)
        assert token
        forged = other.post(
            "/steps/make", data={"form": token[1]}, headers={"Origin": "https://evil.example"}
        )
        assert forged.status_code == 403
        own = {"Origin": page}
        assert other.post("/steps/make", data={"form": "guessed"}, headers=own).status_code == 403
        assert other.post("/statement", data={"lines": "a=1"}, headers=own).status_code == 403
        escaped = {"form": token[1], "name": "../../etc/passwd", "kind": "technical"}
        told = other.post("/files", data=escaped, headers=own, follow_redirects=True)
        assert "file_unfit" in told.text
        assert other.get("/code.svg").status_code == 204
        assert other.get("/standing").json()["running"] is False
        assert other.get("/nothing").status_code == 404
