"""B1 to B8 as people meet them: a real browser shows the code, a phone reads it from the screen."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.x509.oid import NameOID
from playwright.sync_api import Browser

from examples.trading_centre.hall import HallTool, Order, SealedKey
from mobile_bridge.envelopes import Recipient, seal_file
from mobile_bridge.sdk import Trust, verify_approval, verify_sealed_pdf, verify_statement
from mobile_bridge.sdk.opening import SUITE
from tests.api.bidders import Tool, ran
from tests.api.locks import LockCa
from tests.api.people import COMPANY, Desk
from tests.api.running import Server
from tests.api.scanning import Holder, founded
from tests.api.trading import Screen, TradingCentre, approve, by_phone, scan, trading_centre
from tests.journeys.app import until
from tests.support.browser import CHROMIUM, chromium

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
BID = "投标文件正文".encode() * 1000


@pytest.fixture(scope="module")
def centre(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TradingCentre]:
    with trading_centre(server, tmp_path_factory.mktemp("centre")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@dataclass
class Party:
    """An enterprise at the centre: its person with a phone, and that person's screen."""

    holder: Holder
    screen: Screen


def party(centre: TradingCentre, browser: Browser, holder: Holder, role: str) -> Party:
    screen = Screen.of(browser, centre.url).register(role, holder.credit_code, COMPANY)
    return Party(holder, screen)


@pytest.fixture(scope="module")
def bidder(
    server: Server, desk: Desk, lock_ca: LockCa, centre: TradingCentre, browser: Browser
) -> Iterator[Party]:
    found = party(centre, browser, founded(server, desk, lock_ca), "bidder")
    yield found
    assert found.screen.complaints == []


@pytest.fixture(scope="module")
def tenderer(
    server: Server, desk: Desk, lock_ca: LockCa, centre: TradingCentre, browser: Browser
) -> Iterator[Party]:
    found = party(centre, browser, founded(server, desk, lock_ca), "tenderer")
    yield found
    assert found.screen.complaints == []


@pytest.fixture(scope="module")
def agency(
    server: Server, desk: Desk, lock_ca: LockCa, centre: TradingCentre, browser: Browser
) -> Iterator[Party]:
    found = party(centre, browser, founded(server, desk, lock_ca), "agency")
    yield found
    assert found.screen.complaints == []


def bound(one: Party) -> Party:
    """申请手机证书, unless it was done before."""
    one.screen.open("/account")
    if "重新绑定" not in one.screen.page.content():
        one.screen.press("申请手机证书")
        by_phone(one.holder, one.screen)
        one.screen.says("手机证书已绑定", "核验")
    return one


def test_b1_an_account_is_bound_by_scanning(bidder: Party, centre: TradingCentre) -> None:
    screen = bidder.screen.open("/account").press("申请手机证书")
    shown = scan(bidder.holder, screen.code())
    assert shown["platform"]["domain"] == "127.0.0.1"
    assert shown["title"] == "申请手机证书"
    digest = re.sub(r"\s", "", shown["digest_short"])
    assert digest in re.sub(r"\s", "", screen.page.inner_text("body"))  # what people compare
    approve(bidder.holder, shown)
    screen.says("手机证书已绑定", "证书链验证到本站预置的根证书", bidder.holder.credit_code)
    screen.press("返回我的账号").says("已取得，可用于投标加密")


def test_b2_a_bound_user_signs_in_by_scanning(bidder: Party, browser: Browser, centre: TradingCentre) -> None:
    bound(bidder)
    screen = Screen.of(browser, centre.url).open("/login").press("扫码登录")
    shown = by_phone(bidder.holder, screen)
    screen.says("登录成功", "核验")
    screen.press("进入我的账号").says(bidder.holder.credit_code)
    assert screen.complaints == []
    screen.close()
    # The centre heard of it by a webhook too, whose signature it verified.
    (status, _) = until(lambda: next(iter(centre.notices(shown["id"])), None), "a webhook")
    assert status == "complete"


@pytest.fixture(scope="module")
def tender(tenderer: Party, agency: Party) -> str:
    """A published tender's address: its file was sealed (B3) and generated (B4) by scanning."""
    bound(agency)
    screen = bound(tenderer).screen
    screen.open("/tenders/new").fill(title="沂河路道路工程", number="LY2026-0112", opens_at="", closes_at="")
    screen.page.locator("[name=agency]").select_option(label=COMPANY)
    screen.press("创建项目").press("扫码签章")
    shown = by_phone(tenderer.holder, screen)
    assert [one["title"] for one in shown["documents"]] == ["招标文件"]
    screen.says("招标文件已签章", "签章后未被改动")
    screen.press("返回项目").press("扫码生成招标文件")
    shown = by_phone(tenderer.holder, screen)
    assert {"label": "项目编号", "value": "LY2026-0112"} in shown["facts"]
    screen.says("招标文件已生成并发布")
    screen.press("返回项目").says("招标中")
    return screen.page.url.removeprefix(screen.url)


def test_b3_b4_a_tender_file_is_sealed_and_generated(tender: str, tenderer: Party) -> None:
    screen = tenderer.screen.open(tender)
    with screen.page.expect_download() as download:
        screen.press("下载招标文件")
    (seal,) = verify_sealed_pdf(Path(download.value.path()).read_bytes(), _trust(tenderer.holder.http))
    assert seal.credit_code == tenderer.holder.credit_code


def test_b5_a_desktop_tool_signs_in_and_fetches_the_record(
    bidder: Party, centre: TradingCentre, browser: Browser, server: Server
) -> None:
    """A program without a page draws the code by itself; here the service's picture of it is shown."""
    bound(bidder)
    trust = _trust(server.client())
    with centre.client() as tool:
        started = tool.tool_login("投标文件制作工具")
        screen = Screen.of(browser, server.url)
        scanned(bidder, screen, started.wait_url, started.wait_token)
        found = tool.wait(started.id, seconds=20)
        assert found.answer
        statement = verify_statement(found.answer["statement"], started, trust)
        approval = verify_approval(found.answer["approval"], started, trust, statement)
        assert statement["user"].startswith("bidder-")
        assert approval.credit_code == bidder.holder.credit_code
        started = tool.record()
        scanned(bidder, screen, started.wait_url, started.wait_token)
        found = tool.wait(started.id, seconds=20)
        assert found.answer
        statement = verify_statement(found.answer["statement"], started, trust)
        assert set(statement.certificates(found.answer)) == {"signing", "encryption"}
        assert statement["record"]["enterprise"]["credit_code"] == bidder.holder.credit_code
        screen.close()


def scanned(one: Party, screen: Screen, wait_url: str, token: str) -> None:
    """Show the service's own picture of the code, as a tool would, and let the phone approve."""
    picture = one.holder.http.get(f"{wait_url}/qr.svg", headers={"Authorization": f"Bearer {token}"})
    screen.page.set_content(picture.text)
    approve(one.holder, scan(one.holder, screen.code()))


def _trust(http: httpx.Client) -> Trust:
    return Trust((x509.load_der_x509_certificate(http.get("/pki/root.cer").content),))


def made_by_tool(bidder: Party, url: str, folder: Path) -> Path:
    """An encrypted bid: only the bidder's PC has seen what is in it."""
    (folder / "投标文件.zip").write_bytes(BID)
    ran(folder, "new", "bid", "--centre", url, "--tender", "LY2026-0112").said()
    project = folder / "bid"
    for step in ("certify", "record"):
        tool = Tool(project, step)
        tool.approved_by(bidder.holder)
        tool.done()
    ran(project, "add", folder / "投标文件.zip").said()
    ran(project, "say", "投标报价=3,000,000 元", "工期=120 天").said()
    ran(project, "make").said()
    return project


def test_b7_b8_bids_are_opened_in_the_hall_and_in_the_evaluation_room(
    tender: str, bidder: Party, tenderer: Party, agency: Party, centre: TradingCentre, tmp_path: Path
) -> None:
    screen = bound(bidder).screen
    project = made_by_tool(bidder, centre.url, tmp_path)
    assert "完整" in ran(project, "check").said()
    ran(project, "upload").said()
    screen.open(tender).says("已收到贵单位的投标文件")
    screen.press("不见面开标大厅").says("待解密", "开标前任何人都无法解密")
    assert "尚未截止" in screen.open(f"{tender}/decrypt").page.content()
    screen.complaints.clear()  # the browser notes that 409
    tenderer.screen.open(tender).press("投标截止，开标").says("待解密")
    screen.open(f"{tender}/opening").press("扫码解密本单位投标文件")
    shown = by_phone(bidder.holder, screen)
    assert shown["count"] == 2
    screen.says("解密完成", f"已解密，{len(BID)} 字节")
    screen.press("返回").says("投标报价：3,000,000 元")
    room = agency.screen.open(tender).press("评标室")
    room.says("待解密")
    room.press("扫码解密全部投标文件")
    by_phone(agency.holder, room)
    room.says("解密完成")
    room.press("返回")
    with room.page.expect_download() as download:
        room.page.get_by_role("link", name="技术文件 1").click()
    assert Path(download.value.path()).read_bytes() == BID


def test_a_refusal_and_a_wrong_pin_are_told_to_the_page(bidder: Party) -> None:
    screen = bound(bidder).screen.open("/account/record")
    shown = scan(bidder.holder, screen.code())
    body = {"certificate": bidder.holder.serial, "pin": "000000-wrong"}
    wrong = bidder.holder.http.post(f"/v1/scans/{shown['id']}/approval", json=body)
    assert wrong.status_code == 403, wrong.text
    screen.says("PIN 码错误", "请在手机上重新输入")
    refused = bidder.holder.http.post(f"/v1/scans/{shown['id']}/refusal", json={})
    assert refused.status_code == 200, refused.text
    screen.says("已在手机上拒绝")
    screen.press("重新获取")
    approve(bidder.holder, scan(bidder.holder, screen.code()))
    screen.says("诚信库已同步")


def test_an_unbound_phone_signs_nobody_in(
    server: Server, desk: Desk, lock_ca: LockCa, browser: Browser, centre: TradingCentre
) -> None:
    stranger = founded(server, desk, lock_ca)
    screen = Screen.of(browser, centre.url).open("/login/scan")
    claimed = stranger.http.post("/v1/scans/claims", json={"qr": screen.code()})
    if claimed.status_code == 201:
        refused = stranger.http.post(f"/v1/scans/{claimed.json()['id']}/approval", json={})
        assert refused.json()["code"] in ("not_bound", "binding_needed")
    screen.says("尚未绑定")
    assert screen.open("/account").page.get_by_text("请先登录").is_visible()
    screen.close()


def test_what_others_send_does_nothing(centre: TradingCentre, bidder: Party) -> None:
    """A form of another site, another browser's scan, a webhook that nobody signed."""
    browser = httpx.Client(base_url=centre.url, follow_redirects=True)
    form = {"user": "x", "password": "y"}
    for origin in ("https://evil.example", "null"):
        assert browser.post("/login", data=form, headers={"Origin": origin}).status_code == 403
    assert browser.post("/login", data=form).status_code == 403
    assert "密码不正确" in browser.post("/login", data=form, headers={"Origin": centre.url}).text
    page = bound(bidder).screen.open("/account/record").page.content()
    others = re.search(r'done-href="(/scans/[^"]+)"', page)
    assert others
    assert browser.get(others[1]).status_code == 404
    notice = {"id": "s", "kind": "login", "status": "complete", "hint": "complete", "version": 3}
    forged = browser.post("/sealbridge/webhook", json=notice, headers={"Sealbridge-Chain": "AAAA"})
    assert (forged.status_code, forged.text) == (401, "malformed")
    for path in ("/account", "/account/bind", "/tenders/new", "/tenders/1/decrypt"):
        assert browser.get(path).status_code == 401, path
    assert browser.get("/tenders/999999").status_code == 404
    policy = browser.get("/login/scan").headers["content-security-policy"]
    assert "unsafe" not in policy
    browser.close()


def test_a_scan_that_is_not_answered_signs_nobody_in(centre: TradingCentre) -> None:
    browser = httpx.Client(base_url=centre.url, follow_redirects=True)
    page = browser.get("/login/scan").text
    done = re.search(r'done-href="([^"]+)"', page)
    assert done
    early = browser.get(done[1])
    assert (early.status_code, "尚未确认" in early.text) == (409, True)
    assert browser.get("/account").status_code == 401
    browser.close()


def test_wrong_passwords_are_slowed_down_for_the_user_alone(centre: TradingCentre, bidder: Party) -> None:
    own = {"Origin": centre.url}
    with httpx.Client(base_url=centre.url, follow_redirects=True, headers=own) as browser:
        answers = [
            browser.post("/login", data={"user": "nobody-7", "password": f"try-{n}"}) for n in range(6)
        ]
        other = browser.post("/login", data={"user": "nobody-8", "password": "try"})
    assert ["密码不正确" in one.text for one in answers] == [True] * 5 + [False]
    assert answers[-1].status_code == 429
    assert "密码不正确" in other.text


def test_the_halls_tool_opens_what_it_has_the_keys_of_and_tells_of_each(tmp_path: Path) -> None:
    """Its key is in no other process; what is damaged stops nothing else."""
    orders, contents = [], [b"first", b"second" * 1000]
    tool = HallTool()
    for number, content in enumerate(contents):
        plain, envelope = tmp_path / f"{number}.txt", tmp_path / f"{number}.p7m"
        plain.write_bytes(content)
        made = seal_file(plain, envelope, [Recipient(_certificate())])
        public = X25519PublicKey.from_public_bytes(tool.public_key)
        sealed = base64.b64encode(SUITE.encrypt(made.content_key, public, f"scan|e{number}".encode()))
        key = SealedKey(f"e{number}", sealed.decode())
        orders.append(
            Order(f"envelope {number}", str(envelope), None, str(tmp_path / f"out{number}"), {"outer": key})
        )
    spoiled = bytearray((tmp_path / "0.p7m").read_bytes())
    spoiled[-3] ^= 1
    (tmp_path / "0.p7m").write_bytes(spoiled)
    first, second = tool.open("scan", orders)
    assert (first.opened, second.opened) == (False, True)
    assert "未解密" in first.told
    assert not (tmp_path / "out0").exists()
    assert (tmp_path / "out1").read_bytes() == contents[1]
    assert not tool.is_waiting


def _certificate() -> x509.Certificate:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hall")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, now, now + timedelta(days=1))
    return builder.sign(key, hashes.SHA256())
