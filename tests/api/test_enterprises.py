"""Enterprises over HTTP: looking one up, members and their power, handing over with the token's stamp."""

from __future__ import annotations

import json
import signal
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from cryptography import x509

from ca.documents.verification import verify_pdf
from tests.api.locks import Lock, LockCa
from tests.api.people import COMPANY, PIN, Desk, Pc, Phone, a_credit_code, code_of
from tests.api.running import Server

ME = "/v1/enterprises"


def credit_code_of(phone: Phone, serial: str) -> str:
    return str(phone.http.get(f"/v1/certificates/{serial}").json()["credit_code"])


@pytest.fixture
def company(phone: Phone, serial: str) -> str:
    """The credit code of an enterprise that the phone administers."""
    return credit_code_of(phone, serial)


@pytest.fixture
def clerk_of(server: Server) -> Callable[..., Phone]:
    """Makes somebody a clerk, as the registration authority's approval of a join does."""

    def made(company: str, *permissions: str) -> Phone:
        clerk, now = Phone(server).sign_in(), f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}"
        with sqlite3.connect(server.data / "sealbridge.db", timeout=30) as database:
            database.execute(
                "INSERT INTO enterprise_membership (credit_code, person_id, person_name, role, permissions, "
                "since, granted_at) SELECT ?, id, '张三丰', 'clerk', ?, ?, ? FROM account_person "
                "WHERE phone = ?",
                (company, json.dumps(permissions), now, now, clerk.number),
            )
        database.close()
        return clerk

    return made


def member(administrator: Phone, company: str, who: Phone) -> int:
    found = administrator.http.get(f"{ME}/{company}/members").json()["items"]
    return next(int(one["id"]) for one in found if one["phone"][-4:] == who.number[-4:])


def look_up(phone: Phone, name: str, code: str) -> httpx.Response:
    return phone.http.post(f"{ME}/lookup", json={"name": name, "credit_code": code})


def wait_until_revoked(phone: Phone, serial: str) -> None:
    deadline = time.monotonic() + 20
    while phone.http.get(f"/v1/certificates/{serial}").json()["state"] != "revoked":
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_name_and_code_together_show_an_enterprise_masked(server: Server, phone: Phone, company: str) -> None:
    stranger = Phone(server).sign_in()
    found = look_up(stranger, f" {COMPANY} ", company.lower())
    assert found.status_code == 200, found.text
    masked = f"{phone.number[:3]}****{phone.number[-4:]}"
    assert found.json() == {
        "name": COMPANY,
        "credit_code": company,
        "legal_person": "王*国",
        "administrator_name": "李*明",
        "administrator_phone": masked,
    }


def test_whatever_is_wrong_the_answer_is_the_same(server: Server, company: str) -> None:
    stranger = Phone(server).sign_in()
    answers = [
        look_up(stranger, "临沂月光建设有限公司", company),
        look_up(stranger, COMPANY, a_credit_code()),
        look_up(stranger, "没有这家公司", a_credit_code()),
    ]
    assert {code_of(one) for one in answers} == {(404, "enterprise_not_found")}
    assert len({one.content for one in answers}) == 1
    assert code_of(look_up(stranger, COMPANY, "91371300MA3C0X0X0Z"))[0] == 422
    assert code_of(look_up(Phone(server), COMPANY, company)) == (401, "not_signed_in")


def test_nothing_is_done_for_an_enterprise_without_a_real_name(server: Server, company: str) -> None:
    unverified = Phone(server).enter()
    here, there = f"{ME}/{company}", f"{ME}/{company}/handovers"
    answers = [
        look_up(unverified, COMPANY, company),
        *(unverified.http.get(path) for path in (ME, here, f"{here}/members", there, f"{there}/1/letter")),
        *(unverified.http.post(f"{there}/1/{verb}", json={}) for verb in ("accept", "decline", "withdraw")),
        unverified.http.post(there, json={"member": 1, "serial": "1", "pin": PIN}),
        unverified.http.put(f"{here}/members/1/permissions", json={"permissions": []}),
        unverified.http.post(f"{here}/members/1/remove", json={"reason": "离职"}),
        unverified.http.post(f"{here}/leave"),
    ]
    assert {code_of(one) for one in answers} == {(403, "real_name_required")}
    assert {one.json()["message"] for one in answers} == {"尚未实名认证，无法操作"}


def test_lookups_are_counted_whatever_they_find(server: Server, company: str) -> None:
    stranger = Phone(server).sign_in()
    answers = [look_up(stranger, COMPANY, company) for _ in range(11)]
    assert [one.status_code for one in answers] == [200] * 10 + [429]
    assert code_of(answers[-1]) == (429, "too_many_lookups")
    assert 3500 < answers[-1].json()["wait_seconds"] <= 3601
    server.stop()
    server.start()
    assert look_up(stranger, COMPANY, company).status_code == 429


def test_asking_to_join_finds_out_no_more_than_looking_up(server: Server, company: str) -> None:
    stranger = Phone(server).sign_in()
    asked = {"kind": "join", "credit_code": company, "permissions": ["login"], "product": "linyi-clerk-month"}
    guesses = [
        stranger.http.post("/v1/applications", json=asked | {"enterprise_name": f"第{number}建设有限公司"})
        for number in range(11)
    ]
    assert [code_of(one)[1] for one in guesses] == ["enterprise_not_found"] * 10 + ["too_many_lookups"]
    assert code_of(look_up(stranger, COMPANY, company)) == (429, "too_many_lookups")


def test_an_administrator_sees_the_members_and_a_clerk_does_not(
    server: Server, phone: Phone, company: str, clerk_of: Callable[..., Phone]
) -> None:
    clerk, stranger = clerk_of(company, "seal"), Phone(server).sign_in()
    (own,) = phone.http.get(ME).json()
    assert (own["role_name"], len(own["permissions"]), own["name"]) == ("管理员", 5, COMPANY)
    (his,) = clerk.http.get(ME).json()
    assert (his["role_name"], his["permissions"]) == ("办事人员", ["seal"])
    first = phone.http.get(f"{ME}/{company}/members", params={"limit": 1}).json()
    second = phone.http.get(f"{ME}/{company}/members", params={"limit": 1, "cursor": first["next"]}).json()
    assert [one["role"] for one in first["items"] + second["items"]] == ["clerk", "administrator"]
    assert second["next"] is None
    assert code_of(clerk.http.get(f"{ME}/{company}/members")) == (403, "administrator_needed")
    for path in ("", "/members", "/handovers/none/letter"):
        assert code_of(stranger.http.get(f"{ME}/{company}{path}")) == (404, "not_found")


def test_permissions_change_at_once(phone: Phone, company: str, clerk_of: Callable[..., Phone]) -> None:
    clerk = clerk_of(company, "seal")
    path = f"{ME}/{company}/members/{member(phone, company, clerk)}/permissions"
    changed = phone.http.put(path, json={"permissions": ["open", "login", "open"], "department": "投标部"})
    assert changed.json()["permissions"] == ["login", "open"]
    assert clerk.http.get(f"{ME}/{company}").json()["permissions"] == ["login", "open"]
    assert code_of(phone.http.put(path, json={"permissions": ["fly"]})) == (422, "request_invalid")
    assert code_of(clerk.http.put(path, json={"permissions": []})) == (403, "administrator_needed")
    own = f"{ME}/{company}/members/{member(phone, company, phone)}"
    assert code_of(phone.http.put(f"{own}/permissions", json={"permissions": []})) == (
        409,
        "administrator_has_all",
    )
    removal = phone.http.post(f"{own}/remove", json={"reason": "离职"})
    assert code_of(removal) == (409, "administrator_cannot_leave")
    assert code_of(phone.http.post(f"{ME}/{company}/leave")) == (409, "administrator_cannot_leave")


def test_a_removed_clerk_is_nobody(phone: Phone, company: str, clerk_of: Callable[..., Phone]) -> None:
    clerk, other = clerk_of(company, "seal"), clerk_of(company)
    path = f"{ME}/{company}/members/{member(phone, company, clerk)}/remove"
    assert code_of(other.http.post(path, json={"reason": "离职"})) == (403, "administrator_needed")
    assert phone.http.post(path, json={"reason": "离职"}).status_code == 204
    assert code_of(phone.http.post(path, json={"reason": "离职"})) == (404, "not_found")
    assert clerk.http.get(ME).json() == []
    assert code_of(clerk.http.get(f"{ME}/{company}")) == (404, "not_found")
    assert other.http.post(f"{ME}/{company}/leave").status_code == 204
    assert code_of(other.http.post(f"{ME}/{company}/leave")) == (404, "not_found")


def offer(phone: Phone, company: str, to: Phone, serial: str, pin: str = PIN) -> httpx.Response:
    body = {"member": member(phone, company, to), "serial": serial, "pin": pin}
    return phone.http.post(f"{ME}/{company}/handovers", json=body)


def act(phone: Phone, company: str, known: str, verb: str, body: Any = None) -> httpx.Response:
    return phone.http.post(f"{ME}/{company}/handovers/{known}/{verb}", json=body)


def test_a_handover_from_the_offer_to_the_revocation(
    server: Server, phone: Phone, serial: str, company: str, clerk_of: Callable[..., Phone], a_pdf: bytes
) -> None:
    clerk, stranger = clerk_of(company, "seal"), Phone(server).sign_in()
    wrong = offer(phone, company, clerk, serial, "Wrong-Pin")
    assert code_of(wrong) == (403, "pin_wrong")
    assert phone.http.get(f"{ME}/{company}/handovers").json() == []
    offered = offer(phone, company, clerk, serial)
    assert offered.status_code == 201, offered.text
    known = offered.json()["id"]
    assert code_of(offer(phone, company, clerk, serial)) == (409, "handover_pending")
    (seen,) = clerk.http.get(f"{ME}/{company}/handovers").json()
    assert (seen["role"], seen["status_name"]) == ("recipient", "待对方确认")
    check_letter(clerk, company, known)
    assert code_of(act(stranger, company, known, "accept")) == (404, "not_found")
    assert code_of(act(phone, company, known, "accept")) == (409, "handover_state")

    accepted = act(clerk, company, known, "accept")
    assert accepted.json()["status_name"] == "已移交"
    assert code_of(phone.stamp(serial, a_pdf)) == (403, "not_permitted")  # revoked or not yet
    assert clerk.http.get(f"{ME}/{company}").json()["role"] == "administrator"
    assert code_of(phone.http.get(f"{ME}/{company}/members")) == (404, "not_found")
    wait_until_revoked(phone, serial)
    listed = Desk(server).http.get(f"/v1/operator/certificates/{serial}").json()
    assert "affiliation_changed" in json.dumps(listed)


def check_letter(phone: Phone, company: str, known: str) -> None:
    letter = phone.http.get(f"{ME}/{company}/handovers/{known}/letter")
    preview = phone.http.get(f"{ME}/{company}/handovers/{known}/letter/pages/1.png")
    assert (preview.headers["content-type"], preview.content[:4]) == ("image/png", b"\x89PNG")
    assert letter.headers["content-type"] == "application/pdf"
    root = x509.load_der_x509_certificate(phone.http.get("/pki/root.cer").content)
    issuing = x509.load_der_x509_certificate(phone.http.get("/pki/issuing.cer").content)
    crl = x509.load_der_x509_crl(phone.http.get("/pki/issuing.crl").content)
    (report,) = verify_pdf(letter.content, [root], [issuing], [crl], datetime.now(UTC))
    assert report.valid, report
    assert COMPANY in report.signer


def test_an_offer_can_be_declined_and_withdrawn(
    phone: Phone, serial: str, company: str, clerk_of: Callable[..., Phone]
) -> None:
    clerk = clerk_of(company)
    first = offer(phone, company, clerk, serial).json()["id"]
    declined = act(clerk, company, first, "decline", {"reason": "即将离职"})
    assert declined.json()["status_name"] == "对方未接受"
    second = offer(phone, company, clerk, serial).json()["id"]
    assert code_of(act(clerk, company, second, "withdraw")) == (409, "handover_state")
    assert act(phone, company, second, "withdraw").json()["status"] == "withdrawn"
    assert code_of(act(clerk, company, second, "accept")) == (409, "handover_state")
    own = offer(phone, company, phone, serial)
    assert code_of(own) == (409, "handover_recipient")
    assert phone.http.get(f"/v1/certificates/{serial}").json()["state"] == "active"


def test_another_enterprises_certificate_stamps_no_letter(
    phone: Phone, serial: str, company: str, clerk_of: Callable[..., Phone]
) -> None:
    clerk = clerk_of(company)
    assert code_of(offer(phone, company, clerk, "0" * 39)) == (404, "not_found")
    assert code_of(act(clerk, company, "x", "accept")) == (404, "not_found")


def test_revocation_follows_though_the_server_dies_right_after_the_answer(
    server: Server, phone: Phone, serial: str, company: str, clerk_of: Callable[..., Phone]
) -> None:
    clerk = clerk_of(company)
    known = offer(phone, company, clerk, serial).json()["id"]
    assert act(clerk, company, known, "accept").status_code == 200
    server.stop(signal.SIGKILL)
    server.start()
    wait_until_revoked(phone, serial)


def claim(phone: Phone, pc: Pc, desk: Desk, lock: Lock, company: str) -> str:
    """The whole way of 认领企业, up to the approval; the application's id."""
    application = phone.applied(company)
    pc.sign(phone, application, lock)
    assert phone.act(application, "submit").status_code == 200
    assert desk.judge(application, "approve").status_code == 200
    return application


def test_a_claim_approved_later_replaces_the_administrator_at_once(
    server: Server, phone: Phone, serial: str, company: str, pc: Pc, desk: Desk, lock_ca: LockCa, a_pdf: bytes
) -> None:
    lock, other = lock_ca.lock(COMPANY, company), Phone(server).sign_in()
    older = claim(phone, pc, desk, lock, company)
    application = claim(other, pc, desk, lock, company)
    downloaded = other.act(application, "download", pin=PIN)
    assert downloaded.status_code == 200, downloaded.text
    assert code_of(phone.stamp(serial, a_pdf)) == (403, "not_permitted")
    assert phone.http.get(ME).json() == []
    assert other.stamp(downloaded.json()["serial"], a_pdf).status_code == 200
    told = [one["title"] for one in phone.http.get("/v1/messages").json()["items"]]
    assert "企业管理员已变更" in told
    wait_until_revoked(phone, serial)
    # What was approved before does not bring the former administrator back; a new approval does.
    assert code_of(phone.act(older, "download", pin=PIN)) == (409, "administrator_replaced_since")
    again = phone.act(claim(phone, pc, desk, lock, company), "download", pin=PIN)
    assert phone.stamp(again.json()["serial"], a_pdf).status_code == 200
    assert code_of(other.stamp(downloaded.json()["serial"], a_pdf)) == (403, "not_permitted")
