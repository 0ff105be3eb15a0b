"""Reviewers at work over HTTP: queues, claims, case files, decisions, templates and figures."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.api.locks import LockCa
from tests.api.people import COMPANY, Desk, Pc, Phone, a_credit_code, a_picture, an_id_number, code_of
from tests.api.running import Server

CASES = "/v1/review/applications"


@pytest.fixture(scope="module")
def colleague(hire: Callable[..., Desk]) -> Desk:
    return hire()


@pytest.fixture(scope="module")
def auditor(hire: Callable[..., Desk]) -> Desk:
    return hire("auditor")


def claim(desk: Desk, application: str) -> httpx.Response:
    return desk.http.post(f"{CASES}/{application}/claim")


def decide(desk: Desk, application: str, verdict: str, **body: Any) -> httpx.Response:
    """Without claiming the case first."""
    path = f"{CASES}/{application}/{verdict}"
    return desk.http.post(path, json=body) if body else desk.http.post(path)


def case_of(desk: Desk, application: str) -> dict[str, Any]:
    shown = desk.http.get(f"{CASES}/{application}")
    assert shown.status_code == 200, shown.text
    found: dict[str, Any] = shown.json()
    return found


def journal(server: Server, subject: str) -> list[tuple[str, str, str]]:
    """Action, outcome and code of the entries about something, in order."""
    with sqlite3.connect(server.data / "sealbridge.db") as db:
        rows = db.execute("SELECT line FROM ca_audit_entry ORDER BY seq")
        told = [json.loads(line) for (line,) in rows]
    return [(one["action"], one["outcome"], one["code"]) for one in told if one["subject"] == subject]


def lapse(server: Server, application: str) -> None:
    """As if the reviewer had gone home half an hour ago."""
    past = (datetime.now(UTC) - timedelta(minutes=1)).replace(tzinfo=None).isoformat(" ")
    with sqlite3.connect(server.data / "sealbridge.db", timeout=15) as db:
        db.execute("UPDATE review_claim SET expires_at = ? WHERE application_id = ?", (past, application))


# Claims.


def test_a_decision_needs_the_claim(server: Server, desk: Desk, colleague: Desk, submitted: str) -> None:
    assert code_of(decide(desk, submitted, "approve")) == (409, "claim_needed")
    assert claim(desk, submitted).status_code == 200
    assert claim(desk, submitted).status_code == 200  # renews
    refused = claim(colleague, submitted)
    assert code_of(refused) == (409, "case_claimed")
    assert "operator" in refused.text
    for verdict, body in (("approve", {}), ("reject", {"reason": "不行"}), ("return", {"reason": "不行"})):
        assert code_of(decide(colleague, submitted, verdict, **body)) == (409, "case_claimed")
    assert decide(desk, submitted, "approve").json()["status"] == "approved"
    told = journal(server, submitted)
    assert ("application.approved", "refused", "case_claimed") in told
    assert ("application.rejected", "refused", "case_claimed") in told
    assert told[-1] == ("application.approved", "done", "")


def test_of_reviewers_who_claim_at_once_one_has_the_case(
    desk: Desk, colleague: Desk, hire: Callable[..., Desk], submitted: str
) -> None:
    desks = [desk, colleague, hire(), hire()]
    with ThreadPoolExecutor(len(desks)) as pool:
        answers = list(pool.map(lambda one: claim(one, submitted).status_code, desks))
    assert sorted(answers) == [200, 409, 409, 409]
    with ThreadPoolExecutor(len(desks)) as pool:
        verdicts = list(pool.map(lambda one: decide(one, submitted, "approve").status_code, desks))
    assert sorted(verdicts) == [200, 409, 409, 409]
    assert verdicts.index(200) == answers.index(200)


def test_of_one_reviewers_two_windows_one_decides(desk: Desk, submitted: str) -> None:
    assert claim(desk, submitted).status_code == 200
    acts: list[tuple[str, dict[str, Any]]] = [("approve", {}), ("reject", {"reason": "材料不符"})] * 3
    with ThreadPoolExecutor(len(acts)) as pool:
        answers = list(pool.map(lambda act: decide(desk, submitted, act[0], **act[1]).status_code, acts))
    assert sorted(answers) == [200] + [409] * 5
    decided = [one["action"] for one in case_of(desk, submitted)["events"]]
    assert len([one for one in decided if one in ("approve", "reject")]) == 1


def test_a_claim_lapses_and_is_somebody_elses_then(
    server: Server, desk: Desk, colleague: Desk, submitted: str
) -> None:
    assert claim(desk, submitted).status_code == 200
    lapse(server, submitted)
    assert case_of(desk, submitted)["claim"] is None
    assert code_of(decide(desk, submitted, "approve")) == (409, "claim_needed")
    assert claim(colleague, submitted).status_code == 200
    assert code_of(decide(desk, submitted, "approve")) == (409, "case_claimed")
    assert code_of(claim(desk, submitted)) == (409, "case_claimed")


def test_acts_renew_a_claim(server: Server, desk: Desk, submitted: str) -> None:
    first = claim(desk, submitted).json()["expires_at"]
    assert desk.http.post(f"{CASES}/{submitted}/reveal", json={}).status_code == 200
    assert case_of(desk, submitted)["claim"]["expires_at"] > first


def test_a_released_case_is_nobodys(desk: Desk, colleague: Desk, submitted: str) -> None:
    assert claim(desk, submitted).status_code == 200
    assert code_of(colleague.http.delete(f"{CASES}/{submitted}/claim")) == (409, "case_claimed")
    assert desk.http.delete(f"{CASES}/{submitted}/claim").status_code == 204
    assert code_of(desk.http.delete(f"{CASES}/{submitted}/claim")) == (409, "claim_needed")
    assert claim(colleague, submitted).status_code == 200


def test_a_manager_gives_a_case_to_another_reviewer(
    server: Server, desk: Desk, colleague: Desk, hire: Callable[..., Desk], submitted: str
) -> None:
    manager, other = hire("manager"), colleague.name
    path = f"{CASES}/{submitted}/take-over"
    assert claim(desk, submitted).status_code == 200
    assert code_of(colleague.http.post(path, json={})) == (403, "role_missing")
    assert code_of(manager.http.post(path, json={})) == (422, "not_a_reviewer")
    given = manager.http.post(path, json={"operator": other})
    assert given.json()["operator"] == other
    assert code_of(decide(desk, submitted, "approve")) == (409, "case_claimed")
    assert decide(colleague, submitted, "approve").json()["status"] == "approved"
    assert ("case.taken_over", "done", "") in journal(server, submitted)


def test_what_waits_for_nobody_cannot_be_claimed(phone: Phone, desk: Desk) -> None:
    draft = phone.applied(a_credit_code())
    assert code_of(claim(desk, draft)) == (409, "application_state")
    assert code_of(claim(desk, "20260101-AAAAAAAA")) == (404, "not_found")


def test_the_second_approval_is_another_reviewers(
    phone: Phone, pc: Pc, lock_ca: LockCa, desk: Desk, colleague: Desk, hire: Callable[..., Desk]
) -> None:
    desk.product("four-eyes-month", approvals=2)
    credit_code = a_credit_code()
    application = str(phone.apply(credit_code=credit_code, product="four-eyes-month").json()["id"])
    phone.put_licence(application, a_picture())
    pc.sign(phone, application, lock_ca.lock(COMPANY, credit_code))
    assert phone.act(application, "submit").json()["status"] == "submitted"
    assert desk.judge(application, "approve").json()["status"] == "endorsed"
    assert case_of(desk, application)["claim"] is None  # so that a colleague can take it
    assert code_of(desk.judge(application, "approve")) == (403, "second_operator_needed")
    assert code_of(claim(desk, application)) == (403, "second_operator_needed")  # nor keep others from it
    given = hire("manager").http.post(f"{CASES}/{application}/take-over", json={"operator": desk.name})
    assert code_of(given) == (403, "second_operator_needed")
    assert colleague.judge(application, "approve").json()["status"] == "approved"


# What others may see and do.


def test_an_auditor_reads_and_cannot_act(auditor: Desk, submitted: str) -> None:
    assert case_of(auditor, submitted)["id"] == submitted
    assert auditor.http.get(f"{CASES}/{submitted}/licence").status_code == 200
    assert auditor.http.get("/v1/review/queues").status_code == 200
    acts = ("claim", "reveal", "checks", "approve", "reject", "return", "take-over")
    for act in acts:
        body = {} if act in ("reveal", "take-over") else {"reason": "没有权限"}
        answered = auditor.http.post(f"{CASES}/{submitted}/{act}", json=body)
        assert code_of(answered) == (403, "role_missing"), act
    assert code_of(auditor.http.delete(f"{CASES}/{submitted}/claim")) == (403, "role_missing")


def test_numbers_are_masked_until_they_are_revealed(
    server: Server, phone: Phone, desk: Desk, submitted: str
) -> None:
    holder = phone.holder["id_number"]
    shown = desk.http.get(f"{CASES}/{submitted}").text
    assert holder not in shown
    assert phone.number not in shown
    path = f"{CASES}/{submitted}/reveal"
    assert code_of(desk.http.post(path, json={})) == (409, "claim_needed")
    claim(desk, submitted)
    key = {"Idempotency-Key": secrets.token_hex(16)}
    revealed = desk.http.post(path, json={}, headers=key).json()
    assert (revealed["holder_id"], revealed["holder_phone"]) == (holder, phone.number)
    assert code_of(desk.http.post(path, json={"revision": 2})) == (404, "not_found")
    told = journal(server, submitted)
    assert told.count(("case.revealed", "refused", "claim_needed")) == 1
    assert told.count(("case.revealed", "done", "")) == 1
    with sqlite3.connect(server.data / "sealbridge.db") as db:
        kept = "".join(line for (line,) in db.execute("SELECT line FROM ca_audit_entry"))
    assert holder not in kept
    assert not any(holder.encode() in one for one in server.kept().values())


def test_opening_a_file_is_in_the_journal(server: Server, desk: Desk, submitted: str) -> None:
    case = case_of(desk, submitted)
    for piece in case["versions"][0]["evidence"]:
        opened = desk.http.get(piece["link"])
        assert (opened.status_code, opened.headers["content-type"]) == (200, piece["media_type"])
    opened_files = [one for one in journal(server, submitted) if one[0] == "case.file_opened"]
    assert len(opened_files) == len(case["versions"][0]["evidence"]) == 3


# Versions.


def test_after_a_second_try_both_versions_are_side_by_side(
    phone: Phone, pc: Pc, lock_ca: LockCa, desk: Desk
) -> None:
    credit_code, wrong = a_credit_code(), an_id_number()
    application = str(phone.apply(credit_code=credit_code, legal_person_id=wrong).json()["id"])
    phone.put_licence(application, a_picture())
    pc.sign(phone, application, lock_ca.lock(COMPANY, credit_code))
    phone.act(application, "submit")
    refused = desk.judge(application, "reject", reasons=["legal-person-differs"], reason="请核对")
    assert refused.json()["status"] == "rejected", refused.text
    again = {"kind": "claim"} | phone.claim(credit_code=credit_code, legal_person="王建设")
    again["holder"] = again.pop("administrator")
    revised = phone.http.post(f"/v1/applications/{application}/revise", json={"application": again})
    assert revised.status_code == 201, revised.text
    phone.put_licence(application, a_picture())
    pc.sign(phone, application, lock_ca.lock(COMPANY, credit_code))
    assert phone.act(application, "submit").json()["status"] == "submitted"
    case = case_of(desk, application)
    assert [one["revision"] for one in case["versions"]] == [1, 2]
    assert [one["particulars"]["legal_person"] for one in case["versions"]] == ["王建国", "王建设"]
    assert all(seal["valid"] for one in case["versions"] for seal in one["seals"])
    changed = {one["field"] for one in case["differences"]}
    assert {"legal_person", "legal_person_id", "evidence.licence", "evidence.signed-form"} <= changed
    assert "enterprise_name" not in changed
    claim(desk, application)
    first = desk.http.post(f"{CASES}/{application}/reveal", json={"revision": 1}).json()
    assert first["legal_person_id"] == wrong
    assert wrong not in str(case)


def test_the_case_shows_what_is_around_it(phone: Phone, pc: Pc, desk: Desk, serial: str) -> None:
    (made,) = phone.http.get("/v1/applications").json()["items"]
    case = case_of(desk, made["id"])
    assert case["real_name"]["matches"]
    assert case["real_name"]["method"] == "alipay-face"
    assert (case["enterprise"]["credit_code"], len(case["enterprise"]["members"])) == (made["credit_code"], 1)
    assert [(one["serial"], one["usable"]) for one in case["certificates"]] == [(serial, True)]
    assert case["seals"][0]["trusted_by"] == "lock"
    assert case["seals"][0]["credit_code"] == made["credit_code"]
    assert case["applications"] == []


# Decisions.


def test_a_refusal_says_why_in_words_of_templates(desk: Desk, phone: Phone, submitted: str) -> None:
    claim(desk, submitted)
    assert code_of(decide(desk, submitted, "reject", reasons=[])) == (422, "reason_missing")
    assert code_of(decide(desk, submitted, "reject", reasons=["no-such"])) == (422, "reason_unknown")
    assert code_of(decide(desk, submitted, "reject", reasons=["licence-unclear"])) == (422, "reason_unknown")
    decided = decide(desk, submitted, "reject", reasons=["seal-missing"], reason="请重新盖章")
    assert decided.json()["status"] == "rejected"
    shown = phone.http.get(f"/v1/applications/{submitted}").json()
    assert shown["reason"] == "申请书未加盖单位公章；请重新盖章"
    newest = phone.http.get("/v1/messages").json()["items"][0]
    assert newest["title"] == "证书申请失败"


def pieces_of(version: dict[str, Any]) -> dict[str, str]:
    return {one["kind"]: one["sha256"] for one in version["evidence"]}


def test_what_is_wanted_is_added_and_submitted_again(desk: Desk, phone: Phone, submitted: str) -> None:
    claim(desk, submitted)
    paper = [{"kind": "paper-form"}]  # a lock signed it
    assert code_of(decide(desk, submitted, "return", wanted=paper)) == (422, "wanted_unknown")
    unknown = [{"kind": "attachment", "name": "none"}]
    assert code_of(decide(desk, submitted, "return", wanted=unknown)) == (422, "wanted_unknown")
    wanted = [{"kind": "licence"}]
    returned = decide(desk, submitted, "return", reasons=["licence-unclear"], wanted=wanted)
    assert returned.json()["status"] == "returned", returned.text
    mine = phone.http.get(f"/v1/applications/{submitted}").json()
    assert mine["wanted"] == [{"kind": "licence", "name": "", "title": "营业执照照片"}]
    assert mine["reason"] == "需补充：营业执照照片；营业执照照片不清晰，请重新拍摄上传"
    assert phone.put_licence(submitted, a_picture()).status_code == 200
    assert phone.act(submitted, "submit").json()["status"] == "submitted"
    assert phone.http.get(f"/v1/applications/{submitted}").json()["wanted"] == []
    case = case_of(desk, submitted)
    assert case["wanted"] == [{"kind": "licence", "name": ""}]
    judged, added = (pieces_of(version)["licence"] for version in case["versions"])
    assert judged != added  # what was judged before is still there to be seen
    assert desk.judge(submitted, "approve").json()["status"] == "approved"


def test_managers_keep_the_templates(desk: Desk, colleague: Desk, auditor: Desk, submitted: str) -> None:
    code = f"test-{secrets.token_hex(4)}"
    path, text = f"/v1/operator/review-reasons/{code}", {"verdict": "reject", "text": "印章模糊"}
    assert code_of(colleague.http.put(path, json=text)) == (403, "role_missing")
    assert desk.http.put(path, json=text).json()["version"] == 1
    assert code_of(desk.http.put(path, json=text)) == (409, "reason_changed")
    retired = desk.http.put(path, json=text | {"in_use": False, "replaces": 1}).json()
    assert (retired["version"], retired["in_use"]) == (2, False)
    listed = {one["code"]: one for one in auditor.http.get("/v1/operator/review-reasons").json()}
    assert listed[code]["text"] == "印章模糊"
    claim(desk, submitted)
    assert code_of(decide(desk, submitted, "reject", reasons=[code])) == (422, "reason_unknown")


# Queues and figures.


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["items"]]


def test_queues_by_who_has_the_case(
    desk: Desk, colleague: Desk, hire: Callable[..., Desk], submitted: str
) -> None:
    mine = hire()
    everything = {"status": "submitted", "limit": 100}
    claim(mine, submitted)
    assert ids(mine.http.get(CASES, params={"assigned": "mine"})) == [submitted]
    assert submitted not in ids(mine.http.get(CASES, params=everything | {"assigned": "unassigned"}))
    assert submitted in ids(mine.http.get(CASES, params=everything))
    assert ids(hire().http.get(CASES, params={"assigned": "mine"})) == []
    assert mine.http.get("/v1/review/queues").json()["queues"]["mine"] == {"number": 1, "more": False}
    mine.judge(submitted, "approve")
    assert ids(mine.http.get(CASES, params={"assigned": "mine"})) == []


def test_filters_go_with_a_status(desk: Desk, submitted: str) -> None:
    case = case_of(desk, submitted)
    for name, value in (("kind", "claim"), ("product", case["product"]), ("authority", "sealbridge")):
        assert code_of(desk.http.get(CASES, params={name: value})) == (422, "status_needed")
        chosen = {name: value, "status": "submitted", "limit": 100}
        assert submitted in ids(desk.http.get(CASES, params=chosen))
    other = {"status": "submitted", "kind": "personal", "limit": 100}
    assert submitted not in ids(desk.http.get(CASES, params=other))


def test_search_by_number_name_and_code(desk: Desk, submitted: str) -> None:
    case, path = case_of(desk, submitted), "/v1/review/search"
    assert ids(desk.http.get(path, params={"number": submitted.lower()})) == [submitted]
    assert ids(desk.http.get(path, params={"credit_code": case["credit_code"]})) == [submitted]
    seen, cursor = list[str](), None
    while True:
        page = {"name": COMPANY[:4], "limit": 40} | ({"cursor": cursor} if cursor else {})
        answer = desk.http.get(path, params=page)
        seen += ids(answer)
        if (cursor := answer.json()["next"]) is None:
            break
    assert submitted in seen
    assert len(seen) == len(set(seen))
    assert ids(desk.http.get(path, params={"name": "无此企业"})) == []
    assert code_of(desk.http.get(path)) == (422, "search_needs_one")


def test_figures_of_the_office(desk: Desk, hire: Callable[..., Desk], submitted: str) -> None:
    clerk = hire()
    assert clerk.judge(submitted, "reject", reasons=["duplicate"]).status_code == 200
    (waiting, _) = clerk.http.get("/v1/review/statistics/pending").json()
    assert (waiting["status"], waiting["number"]) == ("submitted", sum(waiting["ages"]))
    day = (datetime.now(UTC) + timedelta(hours=8)).date()
    span = {"from": f"{day - timedelta(days=1)}", "to": f"{day}"}
    decided = clerk.http.get("/v1/review/statistics/decisions", params=span).json()
    mine = [one for one in decided if one["operator"] == clerk.name]
    assert [(one["verdict"], one["number"]) for one in mine] == [("reject", 1)]
    reasons = clerk.http.get("/v1/review/statistics/reasons", params=span).json()
    assert any(one["code"] == "duplicate" and one["number"] >= 1 for one in reasons)
    for wrong in ({"from": "2026-01-01", "to": "2026-12-31"}, {"from": "2026-02-01", "to": "2026-01-01"}):
        refused = clerk.http.get("/v1/review/statistics/decisions", params=wrong)
        assert code_of(refused) == (422, "range_invalid")
