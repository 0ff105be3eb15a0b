"""Every kind of application over HTTP, up to the operators and back."""

from __future__ import annotations

import time
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import Any

import httpx
import numpy as np
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from tests.api.locks import LockCa
from tests.api.people import (
    COMPANY,
    PIN,
    Desk,
    Pc,
    Phone,
    a_credit_code,
    a_picture,
    an_id_number,
    code_of,
)
from tests.api.running import Server
from tests.support.camera.subjects import SIGNED

CLERK, PERSONAL, YEAR = "linyi-clerk-month", "linyi-personal-month", "linyi-enterprise-year"


@dataclass
class Company:
    """An enterprise with its administrator's phone and certificate."""

    administrator: Phone
    credit_code: str
    serial: str
    application: str


@pytest.fixture
def company(phone: Phone, pc: Pc, desk: Desk, lock_ca: LockCa) -> Company:
    credit_code = a_credit_code()
    application = phone.applied(credit_code)
    pc.sign(phone, application, lock_ca.lock(COMPANY, credit_code))
    assert phone.act(application, "submit").status_code == 200
    assert desk.judge(application, "approve").status_code == 200
    downloaded = phone.act(application, "download", pin=PIN)
    assert downloaded.status_code == 200, downloaded.text
    return Company(phone, credit_code, str(downloaded.json()["serial"]), application)


@pytest.fixture
def clerk(server: Server) -> Phone:
    return Phone(server).sign_in()


def ask(phone: Phone, kind: str, **body: Any) -> httpx.Response:
    return phone.http.post("/v1/applications", json={"kind": kind, "holder": phone.holder} | body)


def asked(phone: Phone, kind: str, **body: Any) -> str:
    made = ask(phone, kind, **body)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def status(phone: Phone, application: str) -> str:
    return str(phone.http.get(f"/v1/applications/{application}").json()["status"])


def eventually(happened: Callable[[], bool]) -> bool:
    """Whether it happens within some seconds: jobs are done by a worker."""
    deadline = time.monotonic() + 20
    while not (there := happened()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return there


def joining(company: Company, **changes: Any) -> dict[str, Any]:
    named = {"enterprise_name": COMPANY, "credit_code": company.credit_code, "product": CLERK}
    return named | {"department": "经营部", "permissions": ["bid", "login"]} | changes


def seals_in(pdf: bytes) -> int:
    return len(PdfFileReader(BytesIO(pdf)).embedded_signatures)


# A clerk joins.


def test_a_clerk_joins_with_the_administrators_seal(company: Company, clerk: Phone, desk: Desk) -> None:
    application = asked(clerk, "join", **joining(company))
    assert clerk.act(application, "submit").json()["status"] == "consent"
    boss = company.administrator.http
    (waiting,) = boss.get("/v1/consents").json()["items"]
    assert (waiting["id"], waiting["permissions"]) == (application, ["login", "bid"])
    assert clerk.number not in str(waiting)
    assert clerk.holder["id_number"] not in str(waiting)
    letter = boss.get(f"/v1/consents/{application}/letter").content
    assert seals_in(letter) == 0
    preview = boss.get(f"/v1/consents/{application}/letter/pages/1.png")
    assert (preview.headers["content-type"], preview.content[:4]) == ("image/png", b"\x89PNG")
    answer = {"serial": company.serial, "pin": PIN}
    agreed = boss.post(f"/v1/consents/{application}/consent", json=answer)
    assert agreed.json()["status"] == "submitted", agreed.text
    assert boss.post(f"/v1/consents/{application}/consent", json=answer).json() == agreed.json()
    sealed = clerk.http.get(f"/v1/applications/{application}/form").content
    assert sealed.startswith(letter)
    assert seals_in(sealed) == 1
    assert desk.judge(application, "approve").json()["status"] == "approved"
    assert boss.get("/v1/consents").json()["items"] == []


def test_the_seal_needs_the_right_pin_and_the_right_certificate(company: Company, clerk: Phone) -> None:
    application = asked(clerk, "join", **joining(company))
    clerk.act(application, "submit")
    path = f"/v1/consents/{application}/consent"
    boss = company.administrator.http
    wrong = boss.post(path, json={"serial": company.serial, "pin": "Wrong-1234"})
    assert code_of(wrong) == (403, "pin_wrong")
    assert code_of(boss.post(path, json={"serial": "abc", "pin": PIN})) == (404, "not_found")
    assert status(clerk, application) == "consent"
    mine = {"serial": company.serial, "pin": PIN}
    assert code_of(clerk.http.post(path, json=mine)) == (404, "not_found")


def test_the_administrator_may_decline_and_the_clerk_try_again(company: Company, clerk: Phone) -> None:
    application = asked(clerk, "join", **joining(company))
    clerk.act(application, "submit")
    boss = company.administrator.http
    declined = boss.post(f"/v1/consents/{application}/decline", json={"reason": "请选择正确的部门"})
    assert declined.json()["status"] == "declined"
    again = {"kind": "join", "holder": clerk.holder} | joining(company, department="技术部")
    revised = clerk.http.post(f"/v1/applications/{application}/revise", json={"application": again})
    assert revised.json()["status"] == "draft", revised.text
    assert clerk.act(application, "submit").json()["status"] == "consent"
    first, second = clerk.http.get(f"/v1/applications/{application}/versions").json()
    assert (first["department"], second["department"]) == ("经营部", "技术部")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"enterprise_name": "临沂月光建设有限公司"}, (404, "enterprise_not_found")),
        ({"credit_code": a_credit_code()}, (404, "enterprise_not_found")),
        ({"permissions": []}, (422, "request_invalid")),
        ({"permissions": ["everything"]}, (422, "request_invalid")),
        ({"product": PERSONAL}, (422, "product_unfit")),
    ],
)
def test_whom_and_what_one_cannot_join(
    company: Company, clerk: Phone, changes: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert code_of(ask(clerk, "join", **joining(company, **changes))) == expected


def test_one_joins_once_and_an_administrator_never(company: Company, clerk: Phone) -> None:
    assert code_of(ask(company.administrator, "join", **joining(company))) == (409, "administrator_already")
    asked(clerk, "join", **joining(company))
    assert code_of(ask(clerk, "join", **joining(company))) == (409, "application_under_way")


# Refused, corrected, submitted again.


def test_a_rejected_claim_is_corrected_and_both_versions_stay(phone: Phone, desk: Desk) -> None:
    claim = phone.claim(credit_code=a_credit_code())
    application = str(phone.http.post("/v1/applications", json=claim).json()["id"])
    phone.put_licence(application, a_picture())
    phone.put_paper(application, a_picture())
    phone.act(application, "submit")
    desk.judge(application, "reject", reason="企业名称与营业执照不一致")
    claim["enterprise"]["name"] = "临沂阳光集团有限公司"
    revised = phone.http.post(f"/v1/applications/{application}/revise", json={"application": claim})
    assert (revised.status_code, revised.json()["status"]) == (201, "draft")
    shown = phone.http.get(f"/v1/applications/{application}").json()
    assert (shown["revision"], shown["reason"], shown["paper_form_sha256"]) == (2, None, None)
    first, second = phone.http.get(f"/v1/applications/{application}/versions").json()
    assert (first["enterprise_name"], second["enterprise_name"]) == (COMPANY, "临沂阳光集团有限公司")
    licences = [
        next(one["sha256"] for one in version["pieces"] if one["kind"] == "licence")
        for version in (first, second)
    ]
    assert licences[0] == licences[1] == shown["licence_sha256"]
    former = phone.http.get(f"/v1/applications/{application}/versions/1/form")
    assert former.content != phone.http.get(f"/v1/applications/{application}/form").content
    phone.put_paper(application, a_picture())
    assert phone.act(application, "submit").json()["status"] == "submitted"
    assert desk.judge(application, "approve").json()["status"] == "approved"


def test_a_form_that_says_the_same_keeps_its_seal(phone: Phone, desk: Desk, pc: Pc, lock_ca: LockCa) -> None:
    claim = phone.claim(credit_code=a_credit_code())
    application = str(phone.http.post("/v1/applications", json=claim).json()["id"])
    phone.put_licence(application, a_picture())
    pc.sign(phone, application, lock_ca.lock(COMPANY, claim["enterprise"]["credit_code"]))
    phone.act(application, "submit")
    desk.judge(application, "reject", reason="营业执照照片不清晰")
    before = phone.http.get(f"/v1/applications/{application}").json()["signed_form_sha256"]
    revised = phone.http.post(f"/v1/applications/{application}/revise", json={"application": claim})
    assert revised.json()["status"] == "signed"
    assert phone.put_licence(application, a_picture()).status_code == 200
    shown = phone.http.get(f"/v1/applications/{application}").json()
    assert (shown["signed_form_sha256"], shown["events"][-1]["action"]) == (before, "carry-over")
    assert phone.act(application, "submit").json()["status"] == "submitted"
    desk.judge(application, "reject", reason="请重新签章")
    anew = {"application": claim, "sign_again": True}
    assert phone.http.post(f"/v1/applications/{application}/revise", json=anew).json()["status"] == "draft"


def test_what_was_not_refused_is_not_revised(phone: Phone, submitted: str) -> None:
    body = {"application": phone.claim()}
    revised = phone.http.post(f"/v1/applications/{submitted}/revise", json=body)
    assert code_of(revised) == (409, "application_state")


def test_attachments_that_the_product_asks_for(phone: Phone) -> None:
    claim = phone.claim(product=YEAR)
    application = str(phone.http.post("/v1/applications", json=claim).json()["id"])
    phone.put_licence(application, a_picture())
    phone.put_paper(application, a_picture())
    refused = phone.act(application, "submit")
    assert code_of(refused) == (409, "attachment_missing")
    assert "法人身份证复印件" in refused.json()["message"]
    path = f"/v1/applications/{application}/attachments"
    photo = {"content": a_picture(), "headers": {"Content-Type": "image/jpeg"}}
    assert code_of(phone.http.put(f"{path}/another", **photo)) == (404, "attachment_unknown")
    kept = phone.http.put(f"{path}/legal-person-id", **photo).json()["sha256"]
    (shown,) = phone.http.get(f"/v1/applications/{application}").json()["attachments"]
    assert (shown["sha256"], shown["required"]) == (kept, True)
    assert phone.http.get(f"{path}/legal-person-id").headers["content-type"] == "image/jpeg"
    assert phone.act(application, "submit").json()["status"] == "submitted"


# What follows a certificate.


def test_a_renewal_is_authorised_by_the_pin_of_the_present_certificate(company: Company) -> None:
    phone = company.administrator
    application = asked(phone, "renewal", serial=company.serial)
    assert code_of(ask(phone, "renewal", serial=company.serial)) == (409, "application_under_way")
    assert code_of(phone.act(application, "submit")) == (409, "form_not_signed")
    assert code_of(phone.act(application, "seal", pin="Wrong-1234")) == (403, "pin_wrong")
    assert code_of(phone.act(application, "send-to-computer")) == (409, "application_state")
    assert code_of(phone.put_paper(application, a_picture())) == (409, "paper_not_expected")
    assert phone.act(application, "seal", pin=PIN).json()["status"] == "signed"
    assert seals_in(phone.http.get(f"/v1/applications/{application}/form").content) == 1
    assert phone.act(application, "submit").json()["status"] in ("submitted", "approved")


def test_a_change_is_asked_for_by_the_administrator(company: Company, clerk: Phone, desk: Desk) -> None:
    phone = company.administrator
    changed = phone.claim(credit_code=company.credit_code)["enterprise"] | {"name": "临沂阳光集团有限公司"}
    body = {"enterprise": changed, "serial": company.serial}
    assert code_of(ask(clerk, "change", **body)) == (404, "not_found")
    application = asked(phone, "change", **body)
    phone.put_licence(application, a_picture())
    assert phone.act(application, "seal", pin=PIN).json()["status"] == "signed"
    assert phone.act(application, "submit").json()["status"] == "submitted"
    assert desk.judge(application, "approve").json()["status"] == "approved"
    joined = joining(company, enterprise_name="临沂阳光集团有限公司")
    assert eventually(lambda: ask(clerk, "join", **joined).status_code == 201)
    assert status(phone, application) == "approved"  # until the certificate with the new name is downloaded


def test_a_change_that_no_certificate_shows_is_done_at_once(company: Company, desk: Desk) -> None:
    phone = company.administrator
    changed = phone.claim(credit_code=company.credit_code)["enterprise"] | {"legal_person": "赵新任"}
    application = asked(phone, "change", enterprise=changed, serial=company.serial)
    phone.put_licence(application, a_picture())
    phone.put_paper(application, a_picture())
    phone.act(application, "submit")
    desk.judge(application, "approve")
    assert eventually(lambda: status(phone, application) == "done")


def test_an_approved_revocation_revokes(company: Company, desk: Desk) -> None:
    phone = company.administrator
    application = asked(phone, "revocation", serial=company.serial, grounds="企业注销")
    phone.act(application, "submit")
    desk.judge(application, "approve")
    assert eventually(lambda: status(phone, application) == "done")
    assert phone.http.get(f"/v1/certificates/{company.serial}").json()["state"] == "revoked"
    again = ask(phone, "renewal", serial=company.serial)
    assert code_of(again) == (409, "certificate_revoked")


@pytest.mark.parametrize("kind", ["revocation", "pin-reset"])
def test_what_is_asked_for_with_grounds(company: Company, clerk: Phone, kind: str) -> None:
    phone, body = company.administrator, {"serial": company.serial, "grounds": "手机遗失"}
    assert code_of(ask(clerk, kind, **body)) == (404, "not_found")
    application = asked(phone, kind, **body)
    assert phone.act(application, "submit").json()["status"] == "submitted"
    shown = phone.http.get(f"/v1/applications/{application}").json()
    assert (shown["grounds"], shown["serial"]) == ("手机遗失", company.serial)


def test_a_pin_is_reset_by_two_operators_at_least(company: Company, desk: Desk) -> None:
    phone = company.administrator
    application = asked(phone, "pin-reset", serial=company.serial, grounds="忘记 PIN 码")
    phone.act(application, "submit")
    assert desk.judge(application, "approve").json()["status"] == "endorsed"
    assert code_of(desk.judge(application, "approve")) == (403, "second_operator_needed")


# A natural person.


def test_a_person_without_a_written_signature_is_not_submitted(phone: Phone) -> None:
    application = asked(phone, "personal", product=PERSONAL)
    assert phone.http.get(f"/v1/applications/{application}/form").content.startswith(b"%PDF-")
    assert code_of(phone.http.get(f"/v1/applications/{application}/signatures")) == (404, "not_found")
    assert phone.put_paper(application, a_picture()).status_code == 200
    assert code_of(phone.act(application, "submit")) == (409, "signature_missing")
    body = {"sha256": "0" * 64}
    assert phone.http.put(f"/v1/applications/{application}/signature", json=body).status_code in (409, 422)


def test_a_person_chooses_the_signature_that_was_cut_out(phone: Phone, desk: Desk) -> None:
    application = asked(phone, "personal", product=PERSONAL)
    photo = SIGNED["white paper"](np.random.default_rng(7)).jpeg
    assert phone.put_paper(application, photo).status_code == 200
    path = f"/v1/applications/{application}/signature"
    choices = phone.http.get(f"{path}s").json()
    assert [one["written"] for one in choices].count(False) == 1
    assert choices[0]["written"]
    assert phone.http.put(path, json={"sha256": choices[0]["sha256"]}).status_code == 200
    chosen = phone.http.get(f"/v1/applications/{application}").json()["signature_sha256"]
    assert chosen == choices[0]["sha256"] == sha256(b64decode(choices[0]["png"])).hexdigest()
    assert phone.act(application, "submit").json()["status"] == "submitted"
    assert desk.judge(application, "approve").json()["status"] == "approved"


def test_another_photo_forgets_the_signature_of_the_former(phone: Phone) -> None:
    application = asked(phone, "personal", product=PERSONAL)
    phone.put_paper(application, SIGNED["white paper"](np.random.default_rng(7)).jpeg)
    path = f"/v1/applications/{application}/signature"
    drawn = phone.http.get(f"{path}s").json()[-1]
    assert phone.http.put(path, json={"sha256": drawn["sha256"]}).status_code == 200
    phone.put_paper(application, a_picture())
    assert phone.http.get(f"/v1/applications/{application}").json()["signature_sha256"] is None


def test_what_an_operator_misses_is_added_and_submitted_again(
    phone: Phone, desk: Desk, submitted: str
) -> None:
    returned = desk.judge(submitted, "return", reason="请重新拍摄营业执照")
    assert returned.json()["status"] == "returned"
    assert phone.http.get(f"/v1/applications/{submitted}").json()["reason"] == "请重新拍摄营业执照"
    assert phone.put_licence(submitted, a_picture()).status_code == 200
    assert phone.act(submitted, "submit").json()["status"] == "submitted"
    shown = phone.http.get(f"/v1/applications/{submitted}").json()
    assert (shown["revision"], shown["reason"]) == (2, None)


def test_only_the_legal_person_is_certified_as_such(phone: Phone) -> None:
    product = "linyi-legal-person-year"
    assert code_of(phone.apply(product=product)) == (422, "product_unfit")
    named = {"legal_person": phone.holder["name"], "legal_person_id": phone.holder["id_number"]}
    assert phone.apply(product=product, **named).status_code == 201


def test_who_was_replaced_renews_nothing(
    company: Company, server: Server, pc: Pc, desk: Desk, lock_ca: LockCa
) -> None:
    other = Phone(server).sign_in()
    application = other.applied(company.credit_code)
    pc.sign(other, application, lock_ca.lock(COMPANY, company.credit_code))
    other.act(application, "submit")
    desk.judge(application, "approve")
    assert other.act(application, "download", pin=PIN).status_code == 200
    refused = code_of(ask(company.administrator, "renewal", serial=company.serial))
    assert refused in ((409, "no_longer_member"), (409, "certificate_revoked"))


def test_bodies_without_sense_are_refused(phone: Phone) -> None:
    for body in (
        {"kind": "nonsense"},
        {"kind": 5},
        [],
        {"kind": "renewal"},
        {"kind": "personal", "serial": "1"},
    ):
        assert code_of(phone.http.post("/v1/applications", json=body)) == (422, "request_invalid")
    assert an_id_number() != phone.holder["id_number"]
