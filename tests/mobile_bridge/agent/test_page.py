"""The agent's page as a browser meets it, and as other sites would like to."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from mobile_bridge.server.rules import Status
from mobile_bridge.server.service import BridgeService, CreatedSession
from tests.mobile_bridge.agent.conftest import PIN, Plugged
from tests.mobile_bridge.agent.window import Window
from tests.mobile_bridge.forms import CREDIT_CODE, ENTERPRISE, WaitingForms

OWNER = "person-1"


def test_from_the_link_to_the_seal(
    arrived: Window, forms: WaitingForms, service: BridgeService, sent: CreatedSession
) -> None:
    assert arrived.page
    for shown in (ENTERPRISE, CREDIT_CODE, "张三", "138****5678", "临沂市公共资源交易中心", "企业申请表"):
        assert shown in arrived.page.text
    assert "核对文件" in arrived.choose().text
    document = arrived.browser.get(f"{arrived.task}/document")
    assert document.headers["content-type"] == "application/pdf"
    assert "同意并签章" in arrived.open(f"{arrived.task}?step=pin").text
    assert "签章完成" in arrived.pin(PIN).text
    assert service.status(sent.id, OWNER).status is Status.COMPLETE
    begun = document.content.partition(b"/Contents <0000")[0]
    assert begun
    assert forms.signed["application-1"].startswith(begun)


def test_declining_is_as_large_as_approving_and_ends_it(
    arrived: Window, service: BridgeService, sent: CreatedSession
) -> None:
    assert arrived.page
    assert re.findall(r'class="choices">\s*<button[^>]*>拒绝', arrived.page.text)
    assert "已拒绝" in arrived.send(f"{arrived.task}/refusal").text
    assert service.status(sent.id, OWNER).status is Status.REFUSED


def test_a_slip_of_the_pin_is_told_and_tried_once(
    arrived: Window, service: BridgeService, sent: CreatedSession
) -> None:
    arrived.choose()
    slipped = arrived.pin("000000")
    assert "PIN 码错误" in slipped.text
    assert "pin_wrong" in slipped.text
    assert "000000" not in slipped.text
    assert "签章完成" in arrived.pin(PIN).text


def test_a_double_click_is_one_approval(
    arrived: Window, service: BridgeService, sent: CreatedSession
) -> None:
    arrived.choose()
    arrived.open(f"{arrived.task}?step=pin")
    fields, headers = arrived.fields() | {"pin": PIN}, {"Origin": arrived.origin}

    def click(_: int) -> str:
        return httpx.post(
            f"{arrived.origin}{arrived.task}/approval",
            data=fields,
            headers=headers,
            follow_redirects=True,
            trust_env=False,
            timeout=30,
        ).text

    with ThreadPoolExecutor(2) as clicks:
        assert all("签章完成" in text for text in clicks.map(click, range(2)))
    assert [event.action for event in service.events(sent.id)].count("confirm") == 1


def test_a_lock_pulled_in_the_middle_may_come_back(arrived: Window, company_pc: Plugged) -> None:
    arrived.choose()
    company_pc.pull()
    try:
        assert "token_unavailable" in arrived.pin(PIN).text
        assert "no_token" in arrived.open(f"{arrived.task}?step=choose").text
    finally:
        company_pc.put_back()
    arrived.open(arrived.task)
    assert "签章完成" in arrived.pin(PIN).text


def test_a_session_cancelled_on_the_phone_ends_here(
    arrived: Window, service: BridgeService, sent: CreatedSession
) -> None:
    service.cancel(sent.id, OWNER)
    assert "取消" in arrived.choose().text


def test_a_server_that_was_refused_is_not_spoken_to(window: Window) -> None:
    window.open("/task?server=https://evil.example")
    asked = window.send("/tasks", server="https://evil.example", token="x")
    assert "https://evil.example" in asked.text
    assert asked.url.path == "/tasks"  # nothing was fetched: the name does not even resolve


def test_plain_http_elsewhere_is_refused(window: Window) -> None:
    assert "server_insecure" in window.open("/task?server=http://ca.example").text


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8765", "127.0.0.1", "127.0.0.1:1", "[::1]:80", ""]
)
def test_a_foreign_host_gets_nothing(window: Window, host: str) -> None:
    refused = window.browser.get("/", headers={"Host": host})
    assert refused.status_code in (400, 403)
    assert "签章" not in refused.text


@pytest.mark.parametrize("sender", ["https://evil.example", "null", "http://127.0.0.1:1", None])
def test_a_form_of_another_site_does_nothing(arrived: Window, sender: str | None) -> None:
    assert arrived.page
    token = re.search(r'name="form" value="([^"]+)"', arrived.page.text)
    assert token
    headers = {"Origin": sender} if sender else {}
    refused = arrived.browser.post(f"{arrived.task}/refusal", data={"form": token[1]}, headers=headers)
    assert refused.status_code == 403
    assert "拒绝" in arrived.open(arrived.task).text  # still open


@pytest.mark.parametrize("forged", ["", "x" * 43])
def test_a_form_without_the_pages_token_does_nothing(arrived: Window, forged: str) -> None:
    refused = arrived.browser.post(
        f"{arrived.task}/refusal", data={"form": forged}, headers={"Origin": arrived.origin}
    )
    assert "page_forged" in refused.text
    assert "下一步" in arrived.open(arrived.task).text


def test_a_large_form_is_not_read(window: Window) -> None:
    body = urlencode({"form": "x" * 20_000}).encode()
    headers = {"Origin": window.origin, "Content-Type": "application/x-www-form-urlencoded"}
    assert window.browser.post("/tasks", content=body, headers=headers).status_code == 403


@pytest.mark.parametrize(
    "path", ["/", "/task?server=https://ca.example", "/tasks/unknown", "/assets/arrive.js"]
)
def test_no_page_opens_itself_to_others(window: Window, path: str) -> None:
    page = window.browser.get(path, headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in page.headers
    policy = page.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"<script(?! src=)| style=| on\w+=", page.text)


def test_it_listens_on_loopback_alone(window: Window, company_pc: Plugged) -> None:
    port = int(window.origin.rpartition(":")[2])
    tables = [Path(f"/proc/net/{table}").read_text() for table in ("tcp", "tcp6")]
    rows = [line.split() for table in tables for line in table.splitlines()]
    listening = [row[1] for row in rows if row[3] == "0A"]
    assert [address for address in listening if address.endswith(f":{port:04X}")] == [f"0100007F:{port:04X}"]


def test_a_second_agent_says_that_one_runs(window: Window, company_pc: Plugged) -> None:
    port = window.origin.rpartition(":")[2]
    run = company_pc.run("serve", "--port", port)
    assert run.returncode == 1
    assert "port_taken" in run.stderr
