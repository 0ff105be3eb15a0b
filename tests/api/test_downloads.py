"""Certificates of every kind of application, downloaded over HTTP and judged by openssl."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import time
from base64 import b64decode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from PIL import Image

from tests.api.locks import LockCa
from tests.api.people import COMPANY, PIN, Desk, Pc, Phone, a_credit_code, a_picture, code_of
from tests.api.running import Server
from tests.api.test_kinds import Company, asked, eventually, joining, status
from tests.api.test_kinds import clerk as clerk
from tests.api.test_kinds import company as company
from tests.api.test_recovery import opening
from tests.api.test_recovery import second as second
from tests.support.camera.subjects import SIGNED

DUAL, PERSONAL, NEW_PIN = "linyi-enterprise-month-dual", "linyi-personal-month", "Remembered-7"
Judge = Callable[[dict[str, Any]], x509.Certificate]


@pytest.fixture
def judge(phone: Phone, tmp_path: Path) -> Judge:
    """Has openssl verify what was downloaded, with our root alone; returns the certificate."""
    root = x509.load_der_x509_certificate(phone.http.get("/pki/root.cer").content)
    (tmp_path / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))

    def judged(given: dict[str, Any]) -> x509.Certificate:
        halves = [given] if given["encryption"] is None else [given, given["encryption"]]
        for half in halves:
            (tmp_path / "leaf.pem").write_text(half["certificate"])
            (tmp_path / "chain.pem").write_text(given["chain"])
            files = ["-CAfile", "root.pem", "-untrusted", "chain.pem", "leaf.pem"]
            command = ["openssl", "verify", "-x509_strict", *files]
            done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
            assert done.returncode == 0, done.stdout + done.stderr
        return x509.load_pem_x509_certificate(given["certificate"].encode())

    return judged


@pytest.fixture
def dual(phone: Phone, pc: Pc, desk: Desk, lock_ca: LockCa) -> Company:
    """An enterprise whose administrator holds a dual certificate."""
    credit_code = a_credit_code()
    application = str(phone.apply(credit_code=credit_code, product=DUAL).json()["id"])
    phone.put_licence(application, a_picture())
    pc.sign(phone, application, lock_ca.lock(COMPANY, credit_code))
    phone.act(application, "submit")
    desk.judge(application, "approve")
    return Company(phone, credit_code, str(download(phone, application)["serial"]), application)


def download(phone: Phone, application: str, pin: str = PIN) -> dict[str, Any]:
    answered = phone.act(application, "download", pin=pin)
    assert answered.status_code == 200, answered.text
    assert phone.act(application, "download", pin=pin).json() == answered.json()
    return dict(answered.json())


def attribute(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    (found,) = certificate.subject.get_attributes_for_oid(oid)
    return str(found.value)


def state(phone: Phone, serial: str) -> str:
    return str(phone.http.get(f"/v1/certificates/{serial}").json()["state"])


def joined(company: Company, clerk: Phone, desk: Desk, **changes: Any) -> str:
    """The clerk's application, agreed to and approved; its id."""
    application = asked(clerk, "join", **joining(company, **changes))
    clerk.act(application, "submit")
    path = f"/v1/consents/{application}/consent"
    agreed = company.administrator.http.post(path, json={"serial": company.serial, "pin": PIN})
    assert agreed.status_code == 200, agreed.text
    desk.judge(application, "approve")
    return application


def renewed(phone: Phone, serial: str, desk: Desk) -> str:
    """A renewal, approved; its id."""
    application = asked(phone, "renewal", serial=serial)
    assert phone.act(application, "seal", pin=PIN).status_code == 200
    if phone.act(application, "submit").json()["status"] == "submitted":
        desk.judge(application, "approve")
    return application


def reset(phone: Phone, serial: str, desk: Desk, second: Desk) -> str:
    """A PIN reset, approved by two operators; its id."""
    application = asked(phone, "pin-reset", serial=serial, grounds="忘记 PIN 码")
    phone.act(application, "submit")
    assert desk.judge(application, "approve").json()["status"] == "endorsed"
    assert second.judge(application, "approve").json()["status"] == "approved"
    return application


def test_a_clerk_gets_a_certificate_and_the_permissions(
    company: Company, clerk: Phone, desk: Desk, judge: Judge, a_pdf: bytes
) -> None:
    application = joined(company, clerk, desk, permissions=["seal", "login"])
    assert clerk.http.get("/v1/enterprises").json() == []
    given = download(clerk, application)
    certificate = judge(given)
    assert attribute(certificate, NameOID.COMMON_NAME) == "李晓明"
    assert attribute(certificate, NameOID.ORGANIZATION_NAME) == COMPANY
    assert attribute(certificate, NameOID.ORGANIZATIONAL_UNIT_NAME) == "经营部"
    assert attribute(certificate, NameOID.SERIAL_NUMBER).isdigit()
    assert clerk.holder["id_number"] not in given["certificate"]
    (mine,) = clerk.http.get("/v1/enterprises").json()
    assert mine["role"] == "clerk"
    assert clerk.stamp(given["serial"], a_pdf).status_code == 200


def test_a_removed_clerk_signs_nothing_more_at_once(
    company: Company, clerk: Phone, desk: Desk, a_pdf: bytes
) -> None:
    serial = download(clerk, joined(company, clerk, desk, permissions=["seal"]))["serial"]
    boss, base = company.administrator.http, f"/v1/enterprises/{company.credit_code}"
    members = boss.get(f"{base}/members").json()["items"]
    number = next(one["id"] for one in members if one["role"] == "clerk")
    assert boss.post(f"{base}/members/{number}/remove", json={"reason": "离职"}).status_code < 300
    assert code_of(clerk.stamp(serial, a_pdf))[1] in ("not_permitted", "certificate_invalid")
    assert eventually(lambda: state(clerk, serial) == "revoked")


def test_who_was_removed_does_not_come_back_by_an_older_consent(
    company: Company, clerk: Phone, desk: Desk
) -> None:
    download(clerk, joined(company, clerk, desk, permissions=["login"]))
    kept = joined(company, clerk, desk, permissions=["seal", "login"])  # agreed to and approved beforehand
    boss, base = company.administrator.http, f"/v1/enterprises/{company.credit_code}"
    members = boss.get(f"{base}/members").json()["items"]
    number = next(one["id"] for one in members if one["role"] == "clerk")
    assert boss.post(f"{base}/members/{number}/remove", json={"reason": "离职"}).status_code < 300
    assert code_of(clerk.act(kept, "download", pin=PIN)) == (409, "no_longer_member")
    assert clerk.http.get("/v1/enterprises").json() == []
    assert status(clerk, kept) == "failed"
    download(clerk, joined(company, clerk, desk, permissions=["login"]))  # whom the administrator wants again


def test_each_is_told_of_a_revocation_what_is_true(company: Company, clerk: Phone, desk: Desk) -> None:
    serial = download(clerk, joined(company, clerk, desk))["serial"]
    boss = company.administrator
    application = asked(boss, "revocation", serial=serial, grounds="已离职")
    boss.act(application, "submit")
    desk.judge(application, "approve")
    assert eventually(lambda: status(boss, application) == "done")
    told = [one.http.get("/v1/messages").json()["items"][0] for one in (boss, clerk)]
    assert [one["kind"] for one in told] == ["revocation-done", "certificate-revoked"]
    assert told[0]["link"] == {"type": "application", "id": application}


def test_a_clerk_without_the_permission_does_not_seal(
    company: Company, clerk: Phone, desk: Desk, a_pdf: bytes
) -> None:
    serial = download(clerk, joined(company, clerk, desk, permissions=["login"]))["serial"]
    assert code_of(clerk.stamp(serial, a_pdf)) == (403, "not_permitted")


def test_a_person_gets_a_certificate_and_signs_with_the_chosen_picture(
    phone: Phone, desk: Desk, judge: Judge, a_pdf: bytes, tmp_path: Path
) -> None:
    application = asked(phone, "personal", product=PERSONAL)
    phone.put_paper(application, SIGNED["white paper"](np.random.default_rng(7)).jpeg)
    path = f"/v1/applications/{application}/signature"
    choice = phone.http.get(f"{path}s").json()[0]
    assert phone.http.put(path, json={"sha256": choice["sha256"]}).status_code == 200
    phone.act(application, "submit")
    desk.judge(application, "approve")
    given = download(phone, application)
    certificate = judge(given)
    assert attribute(certificate, NameOID.COMMON_NAME) == "李晓明"
    assert len(attribute(certificate, NameOID.SERIAL_NUMBER)) == 26
    shown = phone.http.get(f"/v1/certificates/{given['serial']}").json()
    assert (shown["kind"], shown["credit_code"], shown["enterprise_name"]) == ("personal", None, None)
    sealed = phone.stamp(given["serial"], a_pdf)
    assert sealed.status_code == 200
    with Image.open(BytesIO(b64decode(choice["png"]))) as chosen:
        assert f" {chosen.width} {chosen.height} " in pictures_in(sealed.content, tmp_path)


def pictures_in(pdf: bytes, folder: Path) -> str:
    """poppler's list of the pictures in a PDF, one space between columns."""
    (folder / "sealed.pdf").write_bytes(pdf)
    command = ["pdfimages", "-list", folder / "sealed.pdf"]
    return " ".join(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def test_a_renewed_certificate_stands_beside_the_old_one(
    dual: Company, desk: Desk, judge: Judge, a_pdf: bytes
) -> None:
    phone = dual.administrator
    application = renewed(phone, dual.serial, desk)
    given = download(phone, application, NEW_PIN)
    certificate = judge(given)
    old = phone.http.get(f"/v1/certificates/{dual.serial}").json()
    assert (old["state"], old["replaced_by"], old["renew"]) == ("active", given["serial"], None)
    before = x509.load_pem_x509_certificate(old["certificate"].encode())
    assert before.subject == certificate.subject
    assert before.public_key() != certificate.public_key()
    assert phone.stamp(dual.serial, a_pdf).status_code == 200
    assert phone.stamp(given["serial"], a_pdf, NEW_PIN).status_code == 200
    found = desk.http.get(f"/v1/operator/certificates/{given['serial']}").json()
    assert found["replaces"] == dual.serial
    again = phone.http.post("/v1/applications", json={"kind": "renewal", "serial": dual.serial})
    assert code_of(again) == (409, "certificate_replaced")


def test_a_changed_name_gives_a_new_certificate_and_revokes_the_old(
    company: Company, desk: Desk, judge: Judge
) -> None:
    phone, name = company.administrator, "临沂阳光集团有限公司"
    changed = phone.claim(credit_code=company.credit_code)["enterprise"] | {"name": name}
    application = asked(phone, "change", enterprise=changed, serial=company.serial)
    phone.put_licence(application, a_picture())
    phone.act(application, "seal", pin=PIN)
    phone.act(application, "submit")
    desk.judge(application, "approve")
    certificate = judge(download(phone, application))  # the job may or may not have been there before
    assert attribute(certificate, NameOID.ORGANIZATION_NAME) == name
    assert eventually(lambda: state(phone, company.serial) == "revoked")
    found = desk.http.get(f"/v1/operator/certificates/{company.serial}").json()
    assert found["reason"] == "superseded"
    assert phone.http.get("/v1/enterprises").json()[0]["name"] == name


def test_a_reset_pin_gives_a_new_signing_key_and_the_old_encryption_key(
    server: Server, dual: Company, desk: Desk, second: Desk, judge: Judge, a_pdf: bytes
) -> None:
    phone = dual.administrator
    encryption = phone.http.get("/v1/certificates").json()["items"][1]["serial"]
    for _ in range(5):
        phone.stamp(dual.serial, a_pdf, "Wrong-Pin")
    assert phone.http.get(f"/v1/certificates/{dual.serial}/pin").json() == {
        "tries_left": 0,
        "locked": True,
        "reset": "pin-reset",
    }
    given = download(phone, reset(phone, dual.serial, desk, second), NEW_PIN)
    judge(given)
    assert given["encryption"]["serial"] == encryption
    assert (state(phone, dual.serial), state(phone, encryption)) == ("revoked", "active")
    assert phone.stamp(given["serial"], a_pdf, NEW_PIN).status_code == 200
    assert opening(server, encryption, PIN) == "pin_wrong"
    assert opening(server, encryption, NEW_PIN) == "opened"
    listed = phone.http.get("/v1/certificates?list=active").json()["items"]
    assert [one["serial"] for one in listed] == [given["serial"], encryption]


def test_what_the_profile_refuses_ends_the_application(
    server: Server, phone: Phone, desk: Desk, approved: str
) -> None:
    product = desk.product("for-centuries", validity_days=30)
    with sqlite3.connect(server.data / "sealbridge.db", timeout=30) as database:
        database.execute(
            "UPDATE catalogue_product_version SET validity_days = 36500 WHERE code = ?", [product]
        )
        database.execute(
            "UPDATE application_revision SET product = ?, product_version = (SELECT version FROM "
            "catalogue_product WHERE code = ?) WHERE application_id = ?",
            [product, product, approved],
        )
    database.close()
    assert code_of(phone.act(approved, "download", pin=PIN))[1] == "profile_refused"
    assert status(phone, approved) == "failed"
    assert code_of(phone.act(approved, "download", pin=PIN)) == (409, "application_state")
    told = phone.http.get("/v1/messages", params={"kind": "application-not-done"}).json()["items"]
    assert told[0]["link"]["id"] == approved


def test_of_a_download_and_a_withdrawal_one_happens(phone: Phone, desk: Desk, submitted: str) -> None:
    desk.judge(submitted, "approve")
    with ThreadPoolExecutor(2) as threads:
        got = threads.submit(phone.act, submitted, "download", pin=PIN)
        gone = threads.submit(phone.act, submitted, "withdraw")
    assert (got.result().status_code, gone.result().status_code) == (200, 409)


def test_two_downloads_of_a_reset_leave_one_new_key(
    dual: Company, desk: Desk, second: Desk, a_pdf: bytes
) -> None:
    phone = dual.administrator
    application = reset(phone, dual.serial, desk, second)
    pins = ["Remembered-1", "Remembered-2"]
    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(lambda pin: phone.act(application, "download", pin=pin), pins))
    good = [pin for pin, one in zip(pins, answers, strict=True) if one.status_code == 200]
    assert len(good) == 1, [one.text for one in answers]
    serial = answers[pins.index(good[0])].json()["serial"]
    assert phone.stamp(serial, a_pdf, good[0]).status_code == 200


@pytest.mark.parametrize("seconds", [0.1, 0.3])
def test_a_reset_cut_short_is_finished_by_the_next(
    server: Server, dual: Company, desk: Desk, second: Desk, seconds: float
) -> None:
    phone = dual.administrator
    application = reset(phone, dual.serial, desk, second)
    with ThreadPoolExecutor(1) as other:
        cut = other.submit(phone.act, application, "download", pin=NEW_PIN)
        time.sleep(seconds)
        server.stop(signal.SIGKILL)
        cut.exception()
    server.start()
    again = phone.act(application, "download", pin=NEW_PIN)
    if again.status_code == 503:  # between the two strokes: nobody can tell yet
        assert code_of(again) == (503, "issuance_in_progress")
        return
    assert again.status_code == 200, again.text
    assert state(phone, dual.serial) == "revoked"
    assert opening(server, again.json()["encryption"]["serial"], NEW_PIN) == "opened"
