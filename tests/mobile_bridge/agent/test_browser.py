"""发送到电脑 in a real Chromium: the server's page, the agent's page, and back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from socket import socket

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from mobile_bridge.server.rules import Status
from mobile_bridge.server.service import BridgeService, CreatedSession
from tests.mobile_bridge.agent.conftest import PIN, Plugged
from tests.mobile_bridge.agent.window import Window
from tests.mobile_bridge.application import bridge_app
from tests.mobile_bridge.conftest import OWNER, confirm, pc_of
from tests.mobile_bridge.forms import CREDIT_CODE, ENTERPRISE
from tests.mobile_bridge.serving import served
from tests.support.browser import CHROMIUM, chromium

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(locale="zh-CN", viewport={"width": 1100, "height": 900})
    context.set_default_timeout(30_000)
    yield context
    context.close()


@pytest.fixture
def origin(service: BridgeService, listener: socket, window: Window) -> Iterator[str]:
    """The server, whose page knows on which port this PC's agent is."""
    with served(bridge_app(service, int(window.origin.rpartition(":")[2])), listener) as origin:
        yield origin


@pytest.fixture
def website(context: BrowserContext, origin: str, sent: CreatedSession, service: BridgeService) -> Page:
    """The server's page, with the code typed and the phone's yes."""
    page = context.new_page()
    page.goto(sent.address)
    page.get_by_label("确认码").fill(sent.code)
    page.get_by_role("button", name="下一步").click()
    expect(page.locator(".check")).to_have_text(pc_of(service, sent).number)
    assert "Chrome" in pc_of(service, sent).program
    confirm(service, sent)
    expect(page.get_by_role("link", name="打开签章程序")).to_be_visible()  # by itself
    return page


def open_agent(website: Page) -> Page:
    """The agent's page, as the website's link opens it, with the website allowed."""
    with website.context.expect_page() as opening:
        website.get_by_role("link", name="打开签章程序").click()
    agent = opening.value
    agent.get_by_role("button", name="允许", exact=True).click()
    return agent


def read(agent: Page) -> None:
    """Choose the one lock there is, and go on to the PIN."""
    agent.get_by_role("button", name="下一步：核对文件").click()
    agent.get_by_role("link", name="核对无误，输入 PIN 码").click()


def test_from_the_website_to_the_lock_and_back(
    website: Page, service: BridgeService, sent: CreatedSession, tmp_path: Path
) -> None:
    agent = open_agent(website)
    assert "token" not in agent.url
    for shown in (ENTERPRISE, CREDIT_CODE, "138****5678"):
        expect(agent.get_by_text(shown).first).to_be_visible()
    decline, approve = (agent.get_by_role("button", name=name).bounding_box() for name in ("拒绝", "下一步"))
    assert decline
    assert approve
    assert decline["width"] * decline["height"] >= approve["width"] * approve["height"] * 0.99
    read(agent)
    for digit in PIN:  # by the pad
        agent.get_by_role("button", name=digit, exact=True).click()
    agent.get_by_role("button", name="同意并签章").click()
    expect(agent.get_by_role("heading", name="签章完成")).to_be_visible()
    assert service.status(sent.id, OWNER).status is Status.COMPLETE  # the phone goes on
    agent.wait_for_url(sent.address)  # by itself
    expect(agent.get_by_role("heading", name="签章完成")).to_be_visible()
    expect(website.get_by_role("heading", name="签章完成")).to_be_visible()  # the first tab tells too
    agent.go_back()
    expect(agent.get_by_role("link", name="返回网站")).to_be_visible()


def test_back_reload_and_a_wrong_pin(website: Page, service: BridgeService, sent: CreatedSession) -> None:
    agent = open_agent(website)
    agent.reload()
    read(agent)
    agent.get_by_label("PIN 码").fill("000000")
    agent.get_by_role("button", name="同意并签章").click()
    expect(agent.get_by_text("PIN 码错误")).to_be_visible()
    agent.reload()  # asks for no form again, costs no try
    expect(agent.get_by_label("PIN 码")).to_have_value("")
    agent.go_back()
    agent.go_forward()
    assert "000000" not in agent.content()
    agent.get_by_role("link", name="返回查看文件").click()
    agent.get_by_role("link", name="核对无误，输入 PIN 码").click()
    agent.get_by_label("PIN 码").fill(PIN)
    agent.get_by_role("button", name="同意并签章").dblclick()
    expect(agent.get_by_role("heading", name="签章完成")).to_be_visible()
    assert [event.action for event in service.events(sent.id)].count("confirm") == 1


def test_declining_goes_back_too(website: Page, service: BridgeService, sent: CreatedSession) -> None:
    agent = open_agent(website)
    agent.get_by_role("button", name="拒绝").click()
    agent.get_by_role("link", name="返回网站").click()
    expect(agent.get_by_role("heading", name="已拒绝签章")).to_be_visible()
    assert service.status(sent.id, OWNER).status is Status.REFUSED


def test_the_link_opened_twice_is_one_task(website: Page, window: Window) -> None:
    first = open_agent(website)
    with website.context.expect_page() as opening:
        website.get_by_role("link", name="打开签章程序").click()
    opening.value.wait_for_url(first.url)


def test_a_lock_pulled_and_put_back_at_each_step(website: Page, company_pc: Plugged) -> None:
    agent = open_agent(website)
    for step in ("choose", "read", "pin"):
        company_pc.pull()
        try:
            if step == "choose":
                agent.get_by_role("button", name="下一步：核对文件").click()
                expect(agent.get_by_text("未检测到 CA 锁")).to_be_visible()
            elif step == "read":
                agent.get_by_role("link", name="核对无误，输入 PIN 码").click()
                expect(agent.get_by_role("link", name="已插回，重新检测")).to_be_visible()
            else:
                agent.get_by_label("PIN 码").fill(PIN)
                agent.get_by_role("button", name="同意并签章").click()
                expect(agent.get_by_role("alert")).to_be_visible()
        finally:
            company_pc.put_back()
        again = "重新检测 CA 锁" if step == "choose" else "已插回，重新检测"
        agent.get_by_role("link", name=again).click()
        expect(agent.get_by_role("alert")).to_have_count(0)
        if step == "choose":
            agent.get_by_role("button", name="下一步：核对文件").click()
    agent.get_by_label("PIN 码").fill(PIN)
    agent.get_by_role("button", name="同意并签章").click()
    expect(agent.get_by_role("heading", name="签章完成")).to_be_visible()
