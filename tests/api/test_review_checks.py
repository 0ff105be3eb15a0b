"""Machine checks as a reviewer meets them: made by a job after each submission, and again on demand."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from tests.api.locks import LockCa
from tests.api.people import COMPANY, PIN, Desk, Pc, Phone, a_credit_code
from tests.api.running import Server
from tests.support.camera.licences import LICENCES, photographed, qr_content
from tests.support.camera.subjects import SIGNED, UNSIGNED

CASES = "/v1/review/applications"


def checked(desk: Desk, application: str, after: str = "") -> dict[str, dict[str, Any]]:
    """The newest results by their codes, once there are some that were made after ``after``."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        run = desk.http.get(f"{CASES}/{application}").json()["checks"]
        if run is not None and run["done_at"] > after:
            return {one["code"]: one | {"done_at": run["done_at"]} for one in run["results"]}
        time.sleep(0.3)
    raise AssertionError("no checks were made")


def outcomes(results: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {code: one["outcome"] for code, one in results.items()}


def test_a_claim_sealed_by_a_lock(phone: Phone, pc: Pc, desk: Desk, lock_ca: LockCa) -> None:
    """The licence of an enterprise with another name: what differs is said, field by field."""
    shown = LICENCES[1]
    made = phone.apply(name=COMPANY, credit_code=shown.credit_code, legal_person=shown.legal_person)
    application = str(made.json()["id"])
    photo = photographed(shown, qr_content(shown, linked=True), np.random.default_rng(1)).jpeg
    assert phone.put_licence(application, photo).status_code == 200
    pc.sign(phone, application, lock_ca.lock(COMPANY, shown.credit_code))
    assert phone.act(application, "submit").status_code == 200
    found = checked(desk, application)
    said = outcomes(found)
    for code in (
        "credit_code",
        "holder_id",
        "legal_person_id",
        "real_name",
        "form_signature",
        "administrator",
    ):
        assert said[code] == "passed", found[code]
    assert said["licence"] == "attention"
    assert "名称" in found["licence"]["zh"]
    fields = {one["field"]: one["agreement"] for one in found["licence"]["facts"]["fields"]}
    assert fields == {"credit_code": "equal", "name": "differs", "legal_person": "equal"}
    assert phone.holder["id_number"] not in str(found)
    again = desk.http.post(f"{CASES}/{application}/checks")
    assert again.json()["code"] == "claim_needed"
    desk.http.post(f"{CASES}/{application}/claim")
    assert desk.http.post(f"{CASES}/{application}/checks").json() == {"id": application, "revision": 1}
    assert outcomes(checked(desk, application, found["licence"]["done_at"])) == said
    assert desk.http.get(f"{CASES}/{application}").json()["checks"]["asked_by"] == desk.name


def test_forms_on_paper(phone: Phone, desk: Desk) -> None:
    """One with a seal and handwriting, and a sheet with neither that another enterprise sends as well."""
    random = np.random.default_rng(2)
    good, plain = SIGNED["whole form with a seal"](random).jpeg, UNSIGNED["print"](random).jpeg
    sent = [on_paper(phone, photo) for photo in (good, plain, plain)]
    first, second, third = (outcomes(checked(desk, one)) for one in sent)
    assert (first["red_seal"], first["handwriting"]) == ("passed", "passed")
    assert (second["red_seal"], second["handwriting"]) == ("attention", "attention")
    assert (first["duplicate_picture"], third["duplicate_picture"]) == ("passed", "attention")
    assert "form_signature" not in first


def on_paper(phone: Phone, photo: bytes) -> str:
    """A claim whose form was sealed on paper, submitted; its id."""
    application = phone.applied(a_credit_code())
    assert phone.put_paper(application, photo).status_code == 200
    assert phone.act(application, "submit").status_code == 200
    return application


def test_a_letter_sealed_here(server: Server, phone: Phone, desk: Desk, serial: str) -> None:
    """The clerk's letter: the administrator's certificate is judged by this service's own CAs."""
    credit_code = phone.http.get("/v1/applications").json()["items"][0]["credit_code"]
    clerk = Phone(server).sign_in()
    asked = {"kind": "join", "holder": clerk.holder, "enterprise_name": COMPANY, "credit_code": credit_code}
    asked |= {"product": "linyi-clerk-month", "department": "经营部", "permissions": ["bid"]}
    application = str(clerk.http.post("/v1/applications", json=asked).json()["id"])
    assert clerk.act(application, "submit").json()["status"] == "consent"
    consent = {"serial": serial, "pin": PIN}
    agreed = phone.http.post(f"/v1/consents/{application}/consent", json=consent)
    assert agreed.json()["status"] == "submitted", agreed.text
    found = checked(desk, application)
    assert outcomes(found) == dict.fromkeys(
        ("credit_code", "holder_id", "real_name", "letter_seal", "administrator"), "passed"
    )
    (seal,) = desk.http.get(f"{CASES}/{application}").json()["seals"]
    assert (seal["trusted_by"], seal["valid"], seal["credit_code"]) == ("own", True, credit_code)
