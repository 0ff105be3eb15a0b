"""Changing a PIN, locking it, and suspending certificates, over HTTP."""

from __future__ import annotations

import json
import signal
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from tests.api.locks import LockCa
from tests.api.people import COMPANY, PIN, Desk, Pc, Phone, a_credit_code, a_picture, code_of
from tests.api.running import Server
from tests.api.test_downloads import download, joined, state
from tests.api.test_downloads import dual as dual
from tests.api.test_kinds import Company
from tests.api.test_kinds import clerk as clerk
from tests.api.test_kinds import company as company
from tests.api.test_recovery import ask, finish, judge, opening
from tests.api.test_recovery import second as second

NEW_PIN = "Remembered-7"


def change(phone: Phone, serial: str, pin: str = PIN, new: str = NEW_PIN) -> tuple[int, str]:
    answer = phone.http.post(f"/v1/certificates/{serial}/pin", json={"pin": pin, "new_pin": new})
    return (200, "") if answer.status_code == 200 else code_of(answer)


def journal(server: Server, serial: str) -> list[tuple[str, str, str]]:
    with sqlite3.connect(server.data / "sealbridge.db", timeout=20) as database:
        lines = database.execute("SELECT line FROM ca_audit_entry ORDER BY seq").fetchall()
    database.close()
    told = [json.loads(line) for (line,) in lines]
    mine = [one for one in told if one["subject"] == serial and one["action"].startswith("pin.")]
    assert PIN not in str(mine)
    return [(one["action"], one["outcome"], one["code"]) for one in mine]


def test_a_changed_pin_guards_both_halves(server: Server, dual: Company, a_pdf: bytes) -> None:
    phone = dual.administrator
    encryption = phone.http.get("/v1/certificates").json()["items"][1]["serial"]
    assert change(phone, dual.serial, "Wrong-Pin") == (403, "pin_wrong")
    assert phone.http.get(f"/v1/certificates/{dual.serial}/pin").json()["tries_left"] == 4
    assert change(phone, dual.serial, PIN, "111111") == (422, "pin_refused")
    changed = phone.http.post(f"/v1/certificates/{dual.serial}/pin", json={"pin": PIN, "new_pin": NEW_PIN})
    assert changed.json()["serials"] == [dual.serial, encryption]
    assert code_of(phone.stamp(dual.serial, a_pdf)) == (403, "pin_wrong")
    assert phone.stamp(dual.serial, a_pdf, NEW_PIN).status_code == 200
    assert (opening(server, encryption, PIN), opening(server, encryption, NEW_PIN)) == ("pin_wrong", "opened")
    assert [one["kind"] for one in phone.http.get("/v1/messages").json()["items"]].count("pin-changed") == 1
    assert journal(server, dual.serial) == [
        ("pin.tried", "refused", "pin_wrong"),
        ("pin.changed", "done", ""),
        ("pin.tried", "refused", "pin_wrong"),
    ]


def test_changing_one_pin_again_and_again_guesses_no_other(dual: Company, desk: Desk, second: Desk) -> None:
    """A recovery gave the encryption half a PIN of its own, which whoever knows the first one does not."""
    phone = dual.administrator
    encryption = phone.http.get("/v1/certificates").json()["items"][1]["serial"]
    judge(second, ask(desk, encryption).json()["id"], "approve")
    assert finish(phone, encryption, "Its-0wn-Pin").status_code == 200
    guesses = [PIN, *(f"Guess-{number}" for number in range(6)), "Its-0wn-Pin", "The-End-9"]
    path = f"/v1/certificates/{dual.serial}/pin"
    for pin, new in pairwise(guesses):
        changed = phone.http.post(path, json={"pin": pin, "new_pin": new})
        assert changed.json()["serials"] == [dual.serial], "the guess opened the other half"
    assert phone.http.get(f"/v1/certificates/{encryption}/pin").json()["tries_left"] == 2
    own = {"pin": "Its-0wn-Pin", "new_pin": NEW_PIN}
    assert phone.http.post(f"/v1/certificates/{encryption}/pin", json=own).status_code == 200


def test_the_pin_of_a_resident_key_is_changed(
    phone: Phone, pc: Pc, desk: Desk, lock_ca: LockCa, a_pdf: bytes
) -> None:
    credit_code = a_credit_code()
    product = desk.product("resident-month", custody="resident", key_kind="p-256")
    application = str(phone.apply(credit_code=credit_code, product=product).json()["id"])
    phone.put_licence(application, a_picture())
    pc.sign(phone, application, lock_ca.lock(COMPANY, credit_code))
    phone.act(application, "submit")
    desk.judge(application, "approve")
    serial = download(phone, application)["serial"]
    assert change(phone, serial) == (200, "")
    assert code_of(phone.stamp(serial, a_pdf)) == (403, "pin_wrong")
    assert phone.stamp(serial, a_pdf, NEW_PIN).status_code == 200


def test_a_hundred_wrong_pins_at_once_are_five(
    server: Server, phone: Phone, serial: str, a_pdf: bytes
) -> None:
    with ThreadPoolExecutor(16) as threads:
        codes = list(threads.map(lambda n: change(phone, serial, f"Wrong-Pin-{n}")[1], range(100)))
    assert set(codes) <= {"pin_wrong", "pin_locked", "pin_busy"}
    assert codes.count("pin_wrong") == 4
    wrong = [one for one in journal(server, serial) if one[2] == "pin_wrong"]
    assert len(wrong) == 5
    server.stop(signal.SIGKILL)
    server.start()
    assert change(phone, serial) == (403, "pin_locked")
    assert code_of(phone.stamp(serial, a_pdf)) == (403, "pin_locked")
    told = phone.http.get("/v1/messages", params={"kind": "pin-locked"}).json()["items"]
    assert [one["link"]["id"] for one in told] == [serial]


def test_of_changes_at_once_one_pin_is_left(phone: Phone, serial: str, a_pdf: bytes) -> None:
    pins = [f"Remembered-{number}" for number in range(4)]
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda pin: change(phone, serial, PIN, pin), pins))
    assert {code for _, code in answers} <= {"", "pin_changing", "pin_wrong"}
    works = [pin for pin in pins if phone.stamp(serial, a_pdf, pin).status_code == 200]
    assert works == [pin for pin, one in zip(pins, answers, strict=True) if one == (200, "")]
    assert len(works) == 1


def test_somebody_elses_pin_is_out_of_reach(server: Server, serial: str) -> None:
    stranger = Phone(server).sign_in()
    assert change(stranger, serial) == (404, "not_found")
    assert code_of(stranger.http.get(f"/v1/certificates/{serial}/pin")) == (404, "not_found")
    assert code_of(stranger.http.post(f"/v1/certificates/{serial}/suspend")) == (404, "not_found")


def test_a_holder_suspends_at_once_and_releases_by_the_pin(dual: Company, a_pdf: bytes) -> None:
    phone, path = dual.administrator, f"/v1/certificates/{dual.serial}"
    assert phone.http.post(f"{path}/suspend").status_code == 204
    assert phone.http.post(f"{path}/suspend").status_code == 204  # again: an answer that was lost
    shown = phone.http.get("/v1/certificates?list=active").json()["items"]
    assert [(one["state"], one["suspended_by"]) for one in shown] == [("suspended", "holder")] * 2
    assert code_of(phone.stamp(dual.serial, a_pdf)) == (409, "certificate_invalid")
    assert code_of(phone.http.post(f"{path}/release", json={"pin": "Wrong-Pin"})) == (403, "pin_wrong")
    assert phone.http.post(f"{path}/release", json={"pin": PIN}).status_code == 204
    assert phone.stamp(dual.serial, a_pdf).status_code == 200
    again = phone.http.post(f"{path}/release", json={"pin": PIN})
    assert code_of(again) == (409, "not_suspended_by_you")


def test_what_an_operator_suspends_no_pin_releases(phone: Phone, desk: Desk, serial: str) -> None:
    path = f"/v1/certificates/{serial}"
    phone.http.post(f"{path}/suspend")
    overruled = desk.http.post(f"/v1/operator/certificates/{serial}/suspend")
    assert overruled.status_code == 200, overruled.text
    refused = phone.http.post(f"{path}/release", json={"pin": PIN})
    assert code_of(refused) == (409, "not_suspended_by_you")
    assert code_of(phone.http.post(f"{path}/suspend")) == (409, "certificate_status_conflict")
    assert desk.http.post(f"/v1/operator/certificates/{serial}/release").status_code == 200
    assert state(phone, serial) == "active"


def test_an_administrator_suspends_a_clerks(company: Company, clerk: Phone, desk: Desk) -> None:
    serial = download(clerk, joined(company, clerk, desk))["serial"]
    boss, base = company.administrator.http, f"/v1/enterprises/{company.credit_code}/certificates"
    listed = boss.get(base, params={"list": "active"}).json()["items"]
    assert [(one["serial"], one["kind"]) for one in listed] == [
        (serial, "clerk"),
        (company.serial, "enterprise"),
    ]
    assert code_of(clerk.http.get(base)) == (403, "administrator_needed")
    assert code_of(clerk.http.post(f"{base}/{serial}/suspend")) == (403, "administrator_needed")
    assert boss.post(f"{base}/{serial}/suspend").status_code == 204
    mine = f"/v1/certificates/{serial}/release"
    assert code_of(clerk.http.post(mine, json={"pin": PIN})) == (409, "not_suspended_by_you")
    assert boss.post(f"{base}/{serial}/release").status_code == 204
    assert state(clerk, serial) == "active"
    assert code_of(boss.post(f"{base}/{company.serial}/suspend")) == (404, "not_found")


@pytest.mark.parametrize("path", ["pin", "release"])
def test_no_pin_is_in_an_answer(phone: Phone, serial: str, path: str) -> None:
    body = {"pin": "Secret-Word-9", "new_pin": "Secret-Word-8"} if path == "pin" else {"pin": "Secret-Word-9"}
    assert "Secret-Word" not in phone.http.post(f"/v1/certificates/{serial}/{path}", json=body).text
