"""发送到电脑 as people do it: the phone's API, a real Chromium, the agent's page, a real token."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.api.people import COMPANY, Phone, a_credit_code
from tests.api.running import Server
from tests.journeys.conftest import LockMaker, UsbLock
from tests.journeys.test_main_job import AGENT
from tests.support.browser import CHROMIUM, chromium

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")


@contextmanager
def agent_of(lock: UsbLock, port: int, home: Path) -> Iterator[None]:
    """The lock holder's agent, running."""
    command: list[str | Path] = [AGENT, "serve", "--port", str(port), "--home", home]
    command += ["--module", lock.module, "--token-label", lock.label]
    with subprocess.Popen(command, env=dict(os.environ), stdout=subprocess.PIPE, text=True) as agent:
        assert agent.stdout
        assert "已启动" in agent.stdout.readline()
        yield
        agent.terminate()


def test_from_the_phone_to_the_lock_and_on_with_the_phone(
    on_sqlite: Server, lock_maker: LockMaker, tmp_path: Path
) -> None:
    server, port = on_sqlite, int(on_sqlite.extra["SEALBRIDGE_AGENT_PORT"])
    lock_maker.ca.publish(server.data / "lock-cas", "legacy")
    lock = lock_maker.make(COMPANY, a_credit_code())
    phone = Phone(server).sign_in()
    application = phone.applied(lock.credit_code)
    address, code = phone.send_to_computer(application)
    with agent_of(lock, port, tmp_path / "agent"), chromium() as browser:
        website = browser.new_page()
        website.goto(address)
        website.get_by_label("确认码").fill(code)
        website.get_by_role("button", name="下一步").click()
        expect(website.get_by_text("请在手机上确认这台电脑")).to_be_visible()
        phone.confirm_pc(application)
        with website.context.expect_page() as opening:
            website.get_by_role("link", name="打开签章程序").click()
        page = opening.value
        page.get_by_role("button", name="允许", exact=True).click()
        page.get_by_role("button", name="下一步：核对文件").click()
        page.get_by_role("link", name="核对无误，输入 PIN 码").click()
        page.get_by_label("PIN 码").fill(lock.pin_file.read_text())
        page.get_by_role("button", name="同意并签章").click()
        page.wait_for_url(address)
        expect(page.get_by_role("heading", name="签章完成")).to_be_visible()
    state = phone.http.get(f"/v1/applications/{application}/send-to-computer").json()
    assert (state["status"], state["pc"]["confirmed"]) == ("complete", True)
    assert phone.act(application, "submit").json()["status"] == "submitted"
    assert lock.pin_file.read_text() not in server.log.read_text()
