"""实名认证 over HTTP: the three ways, pages followed as a browser does, and what an attacker could try."""

from __future__ import annotations

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.api.people import Browser, Desk, Phone, a_phone, an_id_number, code_of, later
from tests.api.running import Server

NAME = "李晓明"
CARD = "6222021234567890128"


@pytest.fixture
def newcomer(server: Server) -> Phone:
    """Signed in, and nobody knows who it is."""
    return Phone(server).enter()


@pytest.fixture(scope="module")
def browser(server: Server) -> Browser:
    return Browser(server.client())


def standing(phone: Phone) -> dict[str, Any]:
    told: dict[str, Any] = phone.http.get("/v1/realname").json()
    return told


def check(phone: Phone, check_id: str) -> dict[str, Any]:
    told: dict[str, Any] = phone.http.get(f"/v1/realname/checks/{check_id}").json()
    return told


def started(phone: Phone, **who: str) -> dict[str, Any]:
    answer = phone.start_check(**{"name": NAME, "id_number": an_id_number()} | who)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_until_a_check_is_passed_nothing_can_be_done(newcomer: Phone) -> None:
    for method, path in (
        ("GET", "/v1/applications"),
        ("POST", "/v1/applications"),
        ("GET", "/v1/certificates"),
        ("POST", "/v1/applications/SB1/submit"),
        ("POST", "/v1/applications/SB1/download"),
        ("POST", "/v1/certificates/AB/seals"),
        ("GET", "/v1/certificates/AB/recovery"),
    ):
        answer = newcomer.http.request(method, path)
        assert code_of(answer) == (403, "real_name_required"), path
        assert answer.json()["message"] == "尚未实名认证，无法操作"
    told = standing(newcomer)
    assert (told["verified"], told["methods"]) == (False, ["alipay-face", "police", "bank-card"])
    newcomer.verified()
    assert newcomer.http.get("/v1/applications").status_code == 200


def test_by_face(newcomer: Phone, browser: Browser) -> None:
    number = an_id_number()
    one = started(newcomer, id_number=number)
    assert (one["status"], one["name"], one["id_number"][4:15]) == ("started", "李*明", "*" * 11)
    back = browser.choose(one["page"], "pass")
    assert "认证通过" in back.text
    assert number not in back.text
    assert check(newcomer, one["id"])["status"] == "passed"
    told = standing(newcomer)
    assert (told["verified"], told["method"], told["name"]) == (True, "alipay-face", "李*明")
    assert number not in str(told)
    kinds = [item["kind"] for item in newcomer.http.get("/v1/messages").json()["items"]]
    assert kinds == ["real-name-passed"]


def test_a_face_that_is_not_the_persons(newcomer: Phone, browser: Browser) -> None:
    one = started(newcomer)
    assert "认证未通过" in browser.choose(one["page"], "fail").text
    ended = check(newcomer, one["id"])
    assert (ended["status"], ended["reason"]) == ("failed", "face_refused")
    assert ended["message"] == "人脸认证未通过，请本人重新认证"
    assert not standing(newcomer)["verified"]


def test_a_page_that_was_left_can_be_opened_again(newcomer: Phone, browser: Browser) -> None:
    one = started(newcomer)
    assert "尚未完成" in browser.choose(one["page"], "cancel").text
    assert check(newcomer, one["id"])["status"] == "started"
    cancelled = newcomer.http.post(f"/v1/realname/checks/{one['id']}/cancel").json()
    assert (cancelled["status"], cancelled["page"]) == ("cancelled", None)
    again = newcomer.http.post(f"/v1/realname/checks/{one['id']}/cancel")
    assert code_of(again) == (409, "realname_check_closed")
    browser.choose(one["page"], "pass")
    assert check(newcomer, one["id"])["status"] == "cancelled", "a check that was given up stays so"
    assert not standing(newcomer)["verified"]


def test_a_forged_return_proves_nothing(newcomer: Phone, server: Server) -> None:
    one = started(newcomer)
    forged = server.client().get(f"/realname/return/{one['id']}?passed=T&certify_id=1&sign=x")
    assert "尚未完成" in forged.text
    assert check(newcomer, one["id"])["status"] == "started"
    assert server.client().get(f"/realname/return/{secrets.token_hex(16)}").status_code == 404


def test_a_changed_page_is_refused(newcomer: Phone, server: Server) -> None:
    page = started(newcomer)["page"]
    http = server.client()
    assert http.get(page.replace("certify_id", "certify_ID")).status_code == 400
    assert http.get(page[:-8] + "AAAAAA%3D").status_code == 400


@pytest.mark.parametrize(
    ("method", "who", "status", "reason"),
    [
        ("police", {}, "passed", None),
        ("police", {"name": "张三错"}, "failed", "mismatch"),
        ("police", {"id_number": "371300190001010018"}, "failed", "no_record"),
        ("bank-card", {}, "passed", None),
        ("bank-card", {"bank_phone": "13800000000"}, "failed", "card_mismatch"),
        ("bank-card", {"bank_card": "6200000000000005"}, "failed", "card_unusable"),
    ],
)
def test_by_police_and_by_bank_card(
    newcomer: Phone, method: str, who: dict[str, str], status: str, reason: str | None
) -> None:
    bank = {"bank_card": CARD, "bank_phone": "13912345678"} if method == "bank-card" else {}
    one = started(newcomer, method=method, **bank | who)
    assert (one["status"], one["reason"], one["page"]) == (status, reason, None)
    assert (one["message"] is None) is (status == "passed")
    assert standing(newcomer)["verified"] is (status == "passed")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"id_number": "371300198001010012"}, "id_number_invalid"),
        ({"name": "李"}, "name_invalid"),
        ({"method": "bank-card"}, "bank_card_invalid"),
        ({"method": "bank-card", "bank_card": "6222021234567890127"}, "bank_card_invalid"),
        ({"method": "bank-card", "bank_card": CARD, "bank_phone": "1"}, "phone_invalid"),
        ({"method": "astrology"}, "request_invalid"),
        ({"name": "李\ud800明"}, "request_invalid"),
    ],
)
def test_what_cannot_be_asked(newcomer: Phone, body: dict[str, str], code: str) -> None:
    asked = {"method": "alipay-face", "name": NAME, "id_number": an_id_number()} | body
    sent = {"content": json.dumps(asked), "headers": {"Content-Type": "application/json"}}
    answer = newcomer.http.post("/v1/realname/checks", **sent)  # type: ignore[arg-type]
    assert code_of(answer) == (422, code)


def test_a_provider_in_trouble_costs_no_attempt(newcomer: Phone) -> None:
    before = standing(newcomer)["attempts_left"]
    for _ in range(before + 1):
        answer = newcomer.start_check("police", name="故障", id_number=an_id_number())
        assert code_of(answer) == (503, "provider_unreachable")
    assert standing(newcomer)["attempts_left"] == before
    assert started(newcomer, method="police")["status"] == "passed"


def test_attempts_are_counted(newcomer: Phone) -> None:
    for left in (4, 3, 2, 1, 0):
        assert started(newcomer, method="police", name="张三错")["reason"] == "mismatch"
        assert standing(newcomer)["attempts_left"] == left
    refused = newcomer.start_check("police", name=NAME, id_number=an_id_number())
    assert code_of(refused) == (429, "realname_attempts_exhausted")
    assert refused.json()["wait_seconds"] > 86_000


def test_one_person_has_one_account(server: Server, newcomer: Phone) -> None:
    number, older = an_id_number(), Phone(server).enter()
    started(older, method="police", id_number=number)
    one = started(newcomer, method="police", id_number=number)
    masked = f"{older.number[:3]}****{older.number[-4:]}"
    assert (one["status"], one["reason"], one["other_phone"]) == ("failed", "identity_in_use", masked)
    assert "用原手机号登录后解除" in one["message"]
    assert older.number not in str(one)
    assert older.http.delete("/v1/realname").status_code == 204
    assert code_of(older.http.get("/v1/applications")) == (403, "real_name_required")
    assert started(newcomer, method="police", id_number=number)["status"] == "passed"
    assert check(newcomer, one["id"])["other_phone"] is None


def test_who_fails_learns_nothing_of_who_has_the_number(server: Server, newcomer: Phone) -> None:
    number, older = an_id_number(), Phone(server).enter()
    started(older, method="police", id_number=number)
    one = started(newcomer, method="police", name="张三错", id_number=number)
    assert (one["reason"], one["other_phone"]) == ("mismatch", None)


def test_an_account_does_not_change_hands(server: Server, newcomer: Phone) -> None:
    """Its certificates would be in another person's hands with it."""
    number = an_id_number()
    started(newcomer, method="police", id_number=number)
    for _ in range(2):  # verified, and after giving the identity free
        other = newcomer.start_check("police", name="王建国", id_number=an_id_number())
        assert code_of(other) == (409, "identity_differs")
        newcomer.http.delete("/v1/realname")
    assert started(newcomer, method="police", id_number=number)["status"] == "passed", "the same person again"


def test_an_operator_decides(server: Server, newcomer: Phone, desk: Desk) -> None:
    number, other = an_id_number(), an_id_number()
    started(newcomer, method="police", id_number=number)
    found = desk.http.post("/v1/operator/realname/lookups", json={"id_number": number})
    assert found.status_code == 200, found.text
    assert (found.json()["name"], found.json()["phone"][3:7]) == ("李*明", "****")
    body = {"phone": newcomer.number, "reason": "手机号已过户"}
    assert desk.http.post("/v1/operator/realname/releases", json=body).json()["verified_at"] is None
    assert code_of(newcomer.http.get("/v1/applications")) == (401, "not_signed_in"), "the former's device"
    later(server)
    newcomer.enter()
    assert code_of(newcomer.http.get("/v1/applications")) == (403, "real_name_required")
    assert code_of(desk.http.post("/v1/operator/realname/releases", json=body)) == (404, "not_found")
    gone = desk.http.post("/v1/operator/realname/lookups", json={"id_number": number})
    assert code_of(gone) == (404, "not_found")
    assert started(newcomer, method="police", id_number=other)["status"] == "passed", "another person's now"
    for wrong in ({}, {"phone": newcomer.number, "id_number": other}):
        assert desk.http.post("/v1/operator/realname/lookups", json=wrong).status_code == 422
    assert newcomer.http.post("/v1/operator/realname/lookups", json={"id_number": other}).status_code == 401


def test_two_accounts_at_the_same_moment(server: Server) -> None:
    number, phones = an_id_number(), [Phone(server).enter() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        ended = list(pool.map(lambda one: started(one, method="police", id_number=number)["status"], phones))
    assert sorted(ended) == ["failed", "failed", "failed", "passed"]


def test_checks_of_many_at_once_do_not_wait_for_each_other(server: Server) -> None:
    """The server calls itself, from every worker thread that it has and more."""
    phones = [Phone(server).enter() for _ in range(3)]

    def ask(turn: int) -> int:
        with httpx.Client(base_url=server.url, headers=phones[turn % 3].http.headers, timeout=60) as http:
            body = {"method": "alipay-face", "name": NAME, "id_number": an_id_number()}
            return http.post("/v1/realname/checks", json=body).status_code

    with ThreadPoolExecutor(60) as pool:
        assert set(pool.map(ask, range(60))) <= {201, 429, 404}


def test_a_check_is_its_persons_alone(server: Server, newcomer: Phone) -> None:
    one, stranger = started(newcomer), Phone(server).enter()
    for answer in (
        stranger.http.get(f"/v1/realname/checks/{one['id']}"),
        stranger.http.post(f"/v1/realname/checks/{one['id']}/cancel"),
    ):
        assert code_of(answer) == (404, "not_found")
    assert code_of(server.client().get("/v1/realname")) == (401, "not_signed_in")


def test_the_number_is_nowhere_to_be_read(server: Server, newcomer: Phone, browser: Browser) -> None:
    number = an_id_number()
    browser.choose(started(newcomer, id_number=number)["page"], "pass")
    bank = {"bank_card": CARD, "bank_phone": a_phone()}
    started(newcomer, method="bank-card", id_number=number, **bank)
    for path, content in ({server.log: server.log.read_bytes()} | server.kept()).items():
        for secret in (number, bank["bank_card"], bank["bank_phone"]):
            assert secret.encode() not in content, path
