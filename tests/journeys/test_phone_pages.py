"""The pages of the phone in a real Chromium of a phone's size, as a person uses them."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import pytest
import qrcode
from playwright.sync_api import BrowserContext, Page, expect

from tests.api.people import COMPANY, PIN, Pc, a_credit_code, a_phone, a_picture, an_id_number
from tests.api.running import Server
from tests.api.scanning import DUAL, Centre
from tests.journeys.app import PASSWORD, App
from tests.journeys.conftest import Enterprise, Office, founded
from tests.support.browser import chromium


@pytest.fixture(scope="module")
def pocket() -> Iterator[BrowserContext]:
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
        context.set_default_timeout(20_000)
        yield context


@pytest.fixture
def page(pocket: BrowserContext) -> Iterator[Page]:
    """A phone on which nobody is signed in."""
    pocket.clear_cookies()
    opened = pocket.new_page()
    faults: list[str] = []
    opened.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    yield opened
    opened.close()
    # A refusal is an answer like others; a fault of a script or of the policy is none.
    assert {one for one in faults if "Failed to load resource" not in one} == set()


def enter(page: Page, server: Server, number: str) -> None:
    """验证码登录, with the code from the inbox."""
    page.goto(f"{server.url}/app")
    page.get_by_label("手机号码").fill(number)
    page.get_by_role("button", name="获取验证码").click()
    inbox = server.client().get("/dev/inbox", params={"format": "json"}).json()
    page.get_by_label("验证码").fill(next(one["code"] for one in inbox if one["phone"] == number))
    page.get_by_role("button", name="登录").click()


def enter_by_password(page: Page, server: Server, number: str, password: str = PASSWORD) -> None:
    """密码登录."""
    page.goto(f"{server.url}/app")
    page.get_by_role("link", name="使用密码登录").click()
    page.get_by_label("手机号码").fill(number)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="首页")).to_be_visible()


def photo_of(text: str) -> dict[str, object]:
    """A photo of a QR code."""
    drawn = BytesIO()
    qrcode.make(text).save(drawn)
    return {"name": "photo.png", "mimeType": "image/png", "buffer": drawn.getvalue()}


def scan(page: Page, server: Server, text: str) -> None:
    page.goto(f"{server.url}/app/scan")
    page.locator("input[name=picture]").set_input_files([photo_of(text)])  # type: ignore[list-item]


@pytest.fixture
def enterprise(office: Office) -> Enterprise:
    return founded(office, DUAL)


def test_a_new_person_signs_in_sets_a_password_and_is_verified(page: Page, office: Office) -> None:
    number = a_phone()
    enter(page, office.server, number)
    page.get_by_label("密码").fill("purple-Kite-42")
    page.get_by_role("button", name="确定").click()
    expect(page.get_by_text("尚未实名认证，无法操作。")).to_be_visible()

    page.goto(f"{office.server.url}/app/certificates")
    expect(page.get_by_role("alert")).to_contain_text("实名认证")
    page.get_by_role("link", name="去认证").click()
    page.get_by_text("公安认证").click()
    page.get_by_label("姓名").fill("李晓明")
    page.get_by_label("身份证号").fill("371300190001011234")
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("姓名")).to_have_value("李晓明")  # nothing that was typed is lost
    page.get_by_label("身份证号").fill(an_id_number())
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_text("认证通过")).to_be_visible()
    page.get_by_role("link", name="返回首页").click()
    expect(page.get_by_text("已实名认证")).to_be_visible()

    page.get_by_role("link", name="我的", exact=True).click()
    page.get_by_role("button", name="退出登录").click()
    enter_by_password(page, office.server, number, "purple-Kite-42")
    expect(page.get_by_text("已实名认证")).to_be_visible()


def test_a_scan_is_looked_at_and_approved_with_the_pin(
    page: Page, office: Office, enterprise: Enterprise
) -> None:
    server = office.server
    centre = Centre.opened(server, office.first)
    enter_by_password(page, server, enterprise.boss.number)
    expect(page.get_by_text("已实名认证")).to_be_visible()

    binding = centre.asked("bind", user="u-7", user_name="王建国")
    scan(page, server, centre.qr(binding))
    expect(page.locator(".address")).to_have_text(centre.origin.removeprefix("https://"))
    page.get_by_label("PIN 码").fill("wrong-Pin-1")
    page.get_by_role("button", name="确认").click()
    expect(page.get_by_role("alert")).to_contain_text("还可尝试")
    page.get_by_label("PIN 码").fill(PIN)
    page.get_by_role("button", name="确认").click()
    expect(page.get_by_text("已确认，请在电脑上继续。")).to_be_visible()
    assert centre.state(binding)["status"] == "complete"

    login = centre.asked("login")
    scan(page, server, centre.qr(login))
    page.get_by_role("button", name="拒绝").click()
    expect(page.get_by_text("已拒绝")).to_be_visible()
    assert centre.state(login)["status"] == "refused"

    scan(page, server, "https://elsewhere.example.cn/q/1")
    expect(page.get_by_role("alert")).to_be_visible()

    page.get_by_role("link", name="证书", exact=True).click()
    expect(page.get_by_text(enterprise.name).first).to_be_visible()


def test_another_site_can_neither_send_a_form_nor_be_gone_to(page: Page, office: Office) -> None:
    server = office.server
    enter(page, server, a_phone())
    page.goto(f"{server.url}/app/me")
    cookies = {one["name"]: one for one in page.context.cookies()}
    assert all(one["httpOnly"] and one["sameSite"] == "Strict" for one in cookies.values())
    sent = page.request.post(
        f"{server.url}/app/sign-out",
        headers={"Origin": "https://evil.example.cn", "Sec-Fetch-Site": "cross-site"},
    )
    assert sent.status == 403
    page.goto(f"{server.url}/app/sign-in?next=//evil.example.cn/app")
    assert page.locator("input[name=next]").first.input_value() == "/app"


def photo() -> dict[str, object]:
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": a_picture()}


def choose_photo(page: Page, title: str) -> None:
    card = page.locator(".card", has_text=title)
    card.locator("input[name=picture]").set_input_files([photo()])  # type: ignore[list-item]
    expect(page.locator(".card", has_text=title).get_by_text("已上传")).to_be_visible()


def test_an_enterprise_is_claimed_on_paper_approved_and_its_certificate_downloaded(
    page: Page, office: Office
) -> None:
    server, boss = office.server, App(office.server).join_in("王建国")
    enter_by_password(page, server, boss.number)
    page.get_by_role("link", name="证书管理").click()
    page.get_by_role("link", name="新增证书").click()
    page.get_by_role("link", name="认领企业").click()
    page.get_by_label("交易平台").select_option("临沂市公共资源交易中心")
    page.get_by_text("企业数字证书（手机证书）").click()
    page.get_by_role("button", name="下一步").click()
    page.get_by_label("企业名称").fill(COMPANY)
    page.get_by_label("统一社会信用代码").fill("91371300MA3C0TEQ4X")
    page.get_by_label("法人姓名").fill("张三丰")
    page.get_by_label("法人证件号").fill(an_id_number())
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_role("alert")).to_be_visible()  # the check digit
    expect(page.get_by_label("企业名称")).to_have_value(COMPANY)
    page.get_by_label("统一社会信用代码").fill(a_credit_code())
    page.get_by_role("button", name="下一步").click()

    page.get_by_role("button", name="提交申请").click()
    expect(page.get_by_role("alert")).to_be_visible()  # nothing was uploaded yet
    choose_photo(page, "营业执照或统一社会信用代码证")
    choose_photo(page, "纸质申请书照片")
    page.get_by_role("button", name="提交申请").click()
    expect(page.get_by_text("已提交，等待 CA 审核。")).to_be_visible()
    office.approve(page.url.rpartition("/")[2])

    page.get_by_role("link", name="消息").click()
    message = page.locator("article", has_text="认领企业，请下载证书")
    message.get_by_role("link", name="下载证书").click()
    page.get_by_label("设置 PIN 码").fill(PIN)
    page.get_by_label("再次输入 PIN 码").fill(f"{PIN}x")
    page.get_by_role("button", name="下载证书").click()
    expect(page.get_by_role("alert")).to_contain_text("不一致")
    page.get_by_label("设置 PIN 码").fill(PIN)
    page.get_by_label("再次输入 PIN 码").fill(PIN)
    page.get_by_role("button", name="下载证书").click()
    expect(page.get_by_text("证书已下载", exact=True)).to_be_visible()
    page.get_by_role("link", name="查看证书").click()
    expect(page.get_by_text(COMPANY).first).to_be_visible()


def test_a_form_is_sent_to_the_computer_and_the_phone_confirms_the_pc(page: Page, office: Office) -> None:
    server, boss = office.server, App(office.server).join_in("王建国")
    application = boss.applied(a_credit_code())
    enter_by_password(page, server, boss.number)
    page.goto(f"{server.url}/app/applications/{application}")
    page.get_by_role("button", name="CA 锁用户盖章：发送到电脑").click()
    address = page.locator(".big.code").inner_text()
    code = page.locator(".huge.code").first.inner_text().replace(" ", "")
    pc = Pc(server)
    assert pc.claim(address, code).status_code == 201
    expect(page.get_by_text("电脑上显示的核对码是")).to_be_visible(timeout=15_000)  # by itself
    page.get_by_role("button", name="一致，确认").click()
    expect(page.get_by_text("电脑已连接，请在电脑上核对并签章。")).to_be_visible()
    assert boss.get(f"/v1/applications/{application}/send-to-computer")["pc"]["confirmed"]


def test_an_administrator_agrees_with_the_pin_to_a_clerk_who_asks(
    page: Page, pocket: BrowserContext, office: Office, enterprise: Enterprise
) -> None:
    server, clerk = office.server, App(office.server).join_in("李晓明")
    enter_by_password(page, server, clerk.number)
    page.goto(f"{server.url}/app/apply/join")
    page.get_by_text("办事人员数字证书").first.click()
    page.get_by_role("button", name="下一步").click()
    page.get_by_label("企业名称").fill(enterprise.name)
    page.get_by_label("统一社会信用代码").fill(enterprise.credit_code)
    page.get_by_role("button", name="查询").click()
    expect(page.get_by_text("王*国")).to_be_visible()
    page.get_by_text("登录交易平台").click()
    page.get_by_text("签章", exact=True).click()
    page.get_by_role("button", name="下一步").click()
    page.get_by_role("button", name="提交申请").click()
    expect(page.get_by_text("已提交，等待企业管理员同意。")).to_be_visible()

    pocket.clear_cookies()
    enter_by_password(page, server, enterprise.boss.number)
    page.get_by_role("link", name="消息").first.click()
    page.locator("article", has_text="加入企业申请").get_by_role("link").click()
    expect(page.get_by_text("登录交易平台、签章")).to_be_visible()
    page.get_by_label("PIN 码").fill(PIN)
    page.get_by_role("button", name="确认并盖章").click()
    expect(page.get_by_text("没有等待您处理的申请")).to_be_visible()


def test_a_further_seal_is_applied_for_and_the_first_one_suspended_and_taken_up_again(
    page: Page, office: Office, enterprise: Enterprise
) -> None:
    server = office.server
    enter_by_password(page, server, enterprise.boss.number)
    page.goto(f"{server.url}/app/certificates/{enterprise.serial}")
    page.get_by_role("link", name="印章").click()
    own = page.locator(".card", has_text="单位公章")
    expect(own.get_by_role("img")).to_have_js_property("complete", True)
    assert own.get_by_role("img").evaluate("picture => picture.naturalWidth") > 100

    page.get_by_text("申请刻制印章").click()
    page.get_by_label("种类").select_option("合同专用章")
    page.get_by_label("用途").fill("签订合同")
    page.locator("details", has_text="申请刻制印章").get_by_label("PIN 码").fill(PIN)
    page.get_by_role("button", name="确认并提交").click()
    expect(page.locator(".card", has_text="合同专用章").get_by_text("撤回申请")).to_be_visible()

    own = page.locator(".card", has_text="单位公章")
    own.get_by_text("停用或销毁").click()
    own.get_by_label("停用原因").fill("盘点印章")
    own.get_by_role("button", name="停用").click()
    own.get_by_label("PIN 码").fill(PIN)
    own.get_by_role("button", name="恢复使用").click()
    expect(own.get_by_text("停用或销毁")).to_be_visible()


def test_a_password_is_changed_and_members_and_bindings_are_looked_at(
    page: Page, office: Office, enterprise: Enterprise
) -> None:
    server = office.server
    enter_by_password(page, server, enterprise.boss.number)
    page.get_by_role("link", name="我的", exact=True).click()
    page.get_by_text("修改密码").click()
    page.get_by_label("原密码").fill("not-the-old-one-1")
    page.get_by_label("新密码").fill("orange-Kite-43")
    page.get_by_role("button", name="确定").first.click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_text("修改密码").click()
    page.get_by_label("原密码").fill(PASSWORD)
    page.get_by_label("新密码").fill("orange-Kite-43")
    page.get_by_role("button", name="确定").first.click()
    expect(page.get_by_text("密码已修改")).to_be_visible()
    page.get_by_role("link", name="我的平台账号").click()
    expect(page.get_by_text("还没有绑定交易平台账号")).to_be_visible()
    page.goto(f"{server.url}/app/enterprises")
    page.get_by_role("link", name="办事人员").click()
    expect(page.get_by_text("管理员", exact=True)).to_be_visible()
