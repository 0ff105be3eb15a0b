"""The agent's HTTP and the page at the signing address, over a real port."""

from __future__ import annotations

import json
import re
from importlib.metadata import version

import httpx
import pytest

from mobile_bridge import wire
from mobile_bridge.server.rules import SessionKind, Status
from mobile_bridge.server.service import BridgeService, CreatedSession
from tests.mobile_bridge.conftest import Clock, claimed, confirm, pc_of
from tests.mobile_bridge.forms import CREDIT_CODE, ENTERPRISE
from tests.mobile_bridge.lock_keys import SoftLock

OWNER = "person-1"


@pytest.fixture
def sent(service: BridgeService) -> CreatedSession:
    return service.create(SessionKind.LOCK_SIGNATURE, "application-1", OWNER)


def hidden_token(page: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found
    return found[1]


def enter(browser: httpx.Client, address: str, code: str) -> httpx.Response:
    page = browser.get(address)
    form = {"code": code, "token": hidden_token(page.text)}
    return browser.post(address, data=form, follow_redirects=True)


class TestAgentRoutes:
    def test_from_claim_to_answer(
        self, browser: httpx.Client, sent: CreatedSession, service: BridgeService
    ) -> None:
        lock = SoftLock()
        claimed = browser.post("/bridge/v1/claims", json={"address": sent.address, "code": sent.code})
        assert claimed.status_code == 201
        browser.headers["Authorization"] = f"Bearer {claimed.json()['task_token']}"
        waiting = browser.get("/bridge/v1/task").json()
        assert waiting["code"] == "pc_unconfirmed"
        assert waiting["number"] == pc_of(service, sent).number
        confirm(service, sent)
        told = browser.get("/bridge/v1/task")
        assert told.headers["Sealbridge-Agent-Version"] == version("sealbridge")
        task = told.json()
        assert (task["enterprise_name"], task["credit_code"]) == (ENTERPRISE, CREDIT_CODE)
        offer = browser.post("/bridge/v1/task/certificate", json={"certificate": wire.pack(lock.der)})
        assert offer.status_code == 204
        document = browser.get("/bridge/v1/task/document")
        assert document.headers["content-type"] == "application/pdf"
        cms = wire.pack(lock.sign(document.content))
        assert len(browser.post("/bridge/v1/task/answer", json={"cms": cms}).json()["sha256"]) == 64

    def test_declining(self, browser: httpx.Client, sent: CreatedSession, service: BridgeService) -> None:
        token = service.claim(sent.address, sent.code)
        headers = {"Authorization": f"Bearer {token}"}
        answer = browser.post("/bridge/v1/task/refusal", json={"reason": ""}, headers=headers)
        assert answer.status_code == 204
        assert service.status(sent.id, OWNER).status is Status.REFUSED

    @pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer x"}, {"Authorization": "Basic x"}])
    def test_nothing_without_a_task_token(self, browser: httpx.Client, header: dict[str, str]) -> None:
        refused = browser.get("/bridge/v1/task", headers=header)
        assert refused.status_code == 401
        assert refused.json()["code"] == "task_token_invalid"

    @pytest.mark.parametrize(
        ("path", "body", "code"),
        [
            ("certificate", {"certificate": "not base64!"}, "message_malformed"),
            ("certificate", {"certificate": ""}, "message_malformed"),
            ("certificate", {"certificate": "A" * 40_000}, "message_too_large"),
            ("certificate", {}, "request_invalid"),
            ("answer", {"cms": "AAAA"}, "session_not_ready"),
            ("answer", {"cms": "A" * 100_000}, "message_too_large"),
            ("refusal", {"reason": "长" * 201}, "message_too_large"),
            ("refusal", {"reason": "two\nlines\x00"}, "message_malformed"),
        ],
    )
    def test_bad_messages(
        self,
        browser: httpx.Client,
        sent: CreatedSession,
        service: BridgeService,
        path: str,
        body: dict[str, str],
        code: str,
    ) -> None:
        headers = {"Authorization": f"Bearer {claimed(service, sent)}"}
        refused = browser.post(f"/bridge/v1/task/{path}", json=body, headers=headers)
        assert refused.json()["code"] == code
        assert refused.is_client_error

    @pytest.mark.parametrize("typed", ["\ud800", "１２３４５６", "12345678901234567890123", ""])
    def test_odd_codes_are_wrong_codes(self, browser: httpx.Client, sent: CreatedSession, typed: str) -> None:
        body = json.dumps({"address": sent.address, "code": typed})
        refused = browser.post(
            "/bridge/v1/claims", content=body, headers={"Content-Type": "application/json"}
        )
        assert refused.is_client_error


class TestPage:
    def test_the_code_leads_to_the_agent(
        self, browser: httpx.Client, sent: CreatedSession, service: BridgeService, origin: str
    ) -> None:
        asked = enter(browser, sent.address, sent.code)
        assert pc_of(service, sent).number in asked.text
        for kept_back in (ENTERPRISE, CREDIT_CODE, "127.0.0.1"):
            assert kept_back not in asked.text
        confirm(service, sent)
        page = browser.get(sent.address)
        assert ENTERPRISE in page.text
        link = re.search(r'href="(http://127\.0\.0\.1:8765/task[^"]+)"', page.text)
        assert link
        assert "token" in link[1].partition("#")[2]
        assert "token" not in link[1].partition("#")[0]
        assert f"back=%2Fpc%2F{sent.address.rpartition('/')[2]}" in link[1]
        assert "sealbridge:start" in page.text
        assert service.status(sent.id, OWNER).status is Status.CLAIMED

    def test_a_reload_shows_the_same_task_and_no_other_browser_does(
        self, browser: httpx.Client, sent: CreatedSession, origin: str, service: BridgeService
    ) -> None:
        enter(browser, sent.address, sent.code)
        confirm(service, sent)
        first = browser.get(sent.address).text
        assert browser.get(sent.address).text == first
        with httpx.Client(base_url=origin, trust_env=False) as other:
            assert ENTERPRISE not in other.get(sent.address).text
            assert "另一台设备" in enter(other, sent.address, sent.code).text

    def test_the_page_tells_the_end(
        self, browser: httpx.Client, sent: CreatedSession, service: BridgeService
    ) -> None:
        enter(browser, sent.address, sent.code)
        service.cancel(sent.id, OWNER)
        assert "已取消" in browser.get(sent.address).text

    def test_a_wrong_code_says_the_tries_left(self, browser: httpx.Client, sent: CreatedSession) -> None:
        wrong = f"{(int(sent.code) + 1) % 10**6:06d}"
        assert "还可尝试 4 次" in enter(browser, sent.address, wrong).text

    def test_wrong_used_and_expired_addresses_look_alike(
        self, origin: str, service: BridgeService, sent: CreatedSession, clock: Clock
    ) -> None:
        used = service.create(SessionKind.LOCK_SIGNATURE, "used", OWNER)
        expired = service.create(SessionKind.LOCK_SIGNATURE, "expired", OWNER)
        service.refuse(service.claim(used.address, used.code), "")
        clock.forward(minutes=11)
        looks = set()
        for address in (f"{origin}/pc/ABCDE-FGHJK", used.address, expired.address):
            with httpx.Client(trust_env=False) as browser:
                opened = browser.get(address)
                entered = enter(browser, address, "123456")
            for page in (opened, entered):
                text = page.text.replace(address.rpartition("/")[2], "").replace(hidden_token(page.text), "")
                looks.add((page.status_code, text))
        assert len(looks) == 2  # one as opened, one after a code

    @pytest.mark.parametrize("token", ["", "AAAAAAAAAAAAAAAAAAAAAA"])
    def test_a_form_of_another_site_is_refused(
        self, browser: httpx.Client, sent: CreatedSession, service: BridgeService, token: str
    ) -> None:
        browser.get(sent.address)
        refused = browser.post(sent.address, data={"code": sent.code, "token": token})
        assert "刷新" in refused.text
        assert service.status(sent.id, OWNER).status is Status.CREATED

    def test_a_form_without_cookies_is_refused(
        self, browser: httpx.Client, sent: CreatedSession, service: BridgeService
    ) -> None:
        token = hidden_token(browser.get(sent.address).text)
        browser.cookies.clear()
        assert "刷新" in browser.post(sent.address, data={"code": sent.code, "token": token}).text
        assert service.status(sent.id, OWNER).status is Status.CREATED

    def test_openings_count_browsers_not_reloads(
        self, browser: httpx.Client, origin: str, sent: CreatedSession, service: BridgeService
    ) -> None:
        for _ in range(3):
            browser.get(sent.address)
        httpx.get(sent.address, trust_env=False)
        assert service.status(sent.id, OWNER).openings == 2

    def test_nothing_inline_and_nothing_from_elsewhere(
        self, browser: httpx.Client, sent: CreatedSession
    ) -> None:
        page = enter(browser, sent.address, sent.code)
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "<script" not in page.text
        assert " style=" not in page.text
        assert page.headers["cache-control"] == "no-store"
        assert browser.get("/pc/assets/page.css").headers["content-type"].startswith("text/css")

    def test_what_is_in_the_address_is_text(self, browser: httpx.Client) -> None:
        assert "<b>" not in browser.get("/pc/<b>x").text

    def test_cookies_are_out_of_reach_of_scripts_and_other_sites(
        self, browser: httpx.Client, sent: CreatedSession
    ) -> None:
        page = browser.get(sent.address)
        form = {"code": sent.code, "token": hidden_token(page.text)}
        answer = browser.post(sent.address, data=form)
        assert answer.status_code == 303
        for cookie in (page.headers["set-cookie"], answer.headers["set-cookie"]):
            assert "HttpOnly" in cookie
            assert "SameSite=" in cookie
