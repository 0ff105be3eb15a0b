"""Dual certificates, and encryption keys that come back by the word of two operators."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography import x509

from tests.api.locks import LockCa
from tests.api.people import COMPANY, PIN, Desk, Pc, Phone, a_credit_code, a_picture, code_of
from tests.api.running import Server

DUAL = "linyi-enterprise-month-dual"
NEW_PIN = "Remembered-7"
Download = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def second(hire: Callable[..., Desk]) -> Desk:
    return hire()


@pytest.fixture
def download(phone: Phone, pc: Pc, desk: Desk, lock_ca: LockCa) -> Download:
    """Applies for a product and downloads what it gives."""

    def downloaded(product: str) -> dict[str, Any]:
        credit_code = a_credit_code()
        application = phone.apply(credit_code=credit_code, product=product).json()["id"]
        phone.put_licence(application, a_picture())
        pc.sign(phone, application, lock_ca.lock(COMPANY, credit_code))
        phone.act(application, "submit")
        desk.judge(application, "approve")
        answered = phone.act(application, "download", pin=PIN)
        assert answered.status_code == 200, answered.text
        assert phone.act(application, "download", pin=PIN).json() == answered.json()
        return dict(answered.json())

    return downloaded


@pytest.fixture
def resident_dual(desk: Desk) -> str:
    second = "enterprise-encryption"
    return desk.product("resident-dual", custody="resident", key_kind="p-256", encryption_profile=second)


def ask(desk: Desk, serial: str) -> httpx.Response:
    body = {"serial": serial, "reason": "持有人忘记 PIN 码，已当面核验身份证件"}
    return desk.http.post("/v1/operator/recoveries", json=body)


def judge(desk: Desk, recovery: str, verdict: str) -> httpx.Response:
    return desk.http.post(f"/v1/operator/recoveries/{recovery}/{verdict}")


def finish(phone: Phone, serial: str, pin: str = NEW_PIN) -> httpx.Response:
    return phone.http.post(f"/v1/certificates/{serial}/recovery", json={"pin": pin})


def opening(server: Server, serial: str, pin: str) -> str:
    """What the service says when an envelope is to be opened with the key of ``serial``."""
    command = [sys.executable, "-m", "tests.api.opening_child", str(server.data), serial]
    done = subprocess.run(
        command, env=server.environment, input=pin, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[-1]


def journal(server: Server, serial: str) -> list[tuple[str, str]]:
    with sqlite3.connect(server.data / "sealbridge.db", timeout=20) as database:
        found = database.execute(
            "SELECT json_extract(line, '$.action'), json_extract(line, '$.outcome') FROM ca_audit_entry "
            "WHERE json_extract(line, '$.subject') = ? AND json_extract(line, '$.action') LIKE 'recovery.%' "
            "ORDER BY seq",
            [serial],
        ).fetchall()
    database.close()
    return [(str(action), str(outcome)) for action, outcome in found]


def test_a_dual_product_gives_two_certificates(phone: Phone, download: Download, a_pdf: bytes) -> None:
    given = download(DUAL)
    signing = x509.load_pem_x509_certificate(given["certificate"].encode())
    encryption = x509.load_pem_x509_certificate(given["encryption"]["certificate"].encode())
    assert signing.subject == encryption.subject
    assert signing.issuer == encryption.issuer
    assert signing.public_key() != encryption.public_key()
    usages = [one.extensions.get_extension_for_class(x509.KeyUsage).value for one in (signing, encryption)]
    assert [(one.digital_signature, one.key_encipherment) for one in usages] == [(True, False), (False, True)]
    listed = phone.http.get("/v1/certificates").json()["items"]
    assert [(one["serial"], one["purpose"]) for one in listed] == [
        (given["serial"], "signing"),
        (given["encryption"]["serial"], "encryption"),
    ]
    assert phone.stamp(given["serial"], a_pdf).status_code == 200
    assert code_of(phone.stamp(given["encryption"]["serial"], a_pdf)) == (409, "certificate_not_for_signing")


@pytest.mark.parametrize("custody", ["wrapped", "resident"])
def test_two_operators_bring_an_encryption_key_back(
    server: Server,
    phone: Phone,
    desk: Desk,
    second: Desk,
    download: Download,
    resident_dual: str,
    custody: str,
) -> None:
    serial = download(DUAL if custody == "wrapped" else resident_dual)["encryption"]["serial"]
    assert opening(server, serial, PIN) == "opened"
    assert code_of(finish(phone, serial)) == (404, "not_found")
    asked = ask(desk, serial)
    assert asked.status_code == 201, asked.text
    number = asked.json()["id"]
    assert code_of(ask(second, serial)) == (409, "recovery_under_way")
    assert code_of(finish(phone, serial)) == (409, "recovery_state")
    assert code_of(judge(desk, number, "approve")) == (403, "second_operator_needed")
    assert judge(second, number, "approve").json()["status"] == "approved"
    assert phone.http.get(f"/v1/certificates/{serial}/recovery").json()["status"] == "approved"
    assert code_of(finish(phone, serial, "111111")) == (422, "pin_refused")
    assert finish(phone, serial).json()["status"] == "done"
    assert opening(server, serial, PIN) == "pin_wrong"
    assert opening(server, serial, NEW_PIN) == "opened"
    assert code_of(finish(phone, serial)) == (409, "recovery_state")
    assert journal(server, serial) == [
        ("recovery.asked", "done"),
        ("recovery.approved", "refused"),
        ("recovery.approved", "done"),
        ("recovery.done", "done"),
    ]


def test_a_locked_key_has_all_its_tries_again(
    server: Server, phone: Phone, desk: Desk, second: Desk, download: Download
) -> None:
    serial = download(DUAL)["encryption"]["serial"]
    answers = [opening(server, serial, f"Wrong-Pin-{number}") for number in range(6)]
    assert answers[-1] == "pin_locked"
    judge(second, ask(desk, serial).json()["id"], "approve")
    assert finish(phone, serial).status_code == 200
    assert opening(server, serial, NEW_PIN) == "opened"


def test_somebody_else_gets_nothing(
    server: Server, phone: Phone, desk: Desk, second: Desk, download: Download
) -> None:
    serial = download(DUAL)["encryption"]["serial"]
    judge(second, ask(desk, serial).json()["id"], "approve")
    stranger = Phone(server).sign_in()
    assert code_of(finish(stranger, serial)) == (404, "not_found")
    assert code_of(stranger.http.get(f"/v1/certificates/{serial}/recovery")) == (404, "not_found")
    as_person = phone.http.post("/v1/operator/recoveries", json={"serial": serial, "reason": "我要恢复"})
    assert code_of(as_person)[0] in (401, 403)
    assert opening(server, serial, PIN) == "opened"


def test_a_signing_key_has_no_copy(desk: Desk, serial: str) -> None:
    assert code_of(ask(desk, serial)) == (409, "key_not_escrowed")
    assert code_of(ask(desk, "abcdef")) == (404, "not_found")


def test_refused_is_refused_and_may_be_asked_again(
    phone: Phone, desk: Desk, second: Desk, download: Download
) -> None:
    serial = download(DUAL)["encryption"]["serial"]
    number = ask(desk, serial).json()["id"]
    assert judge(second, number, "refuse").json()["status"] == "refused"
    assert code_of(judge(second, number, "approve")) == (409, "recovery_state")
    assert code_of(finish(phone, serial)) == (409, "recovery_state")
    again = ask(second, serial)
    assert again.status_code == 201
    waiting = desk.http.get("/v1/operator/recoveries", params={"status": "asked"}).json()
    assert again.json()["id"] in [one["id"] for one in waiting]


def test_an_approval_expires(
    server: Server, phone: Phone, desk: Desk, second: Desk, download: Download
) -> None:
    serial = download(DUAL)["encryption"]["serial"]
    number = ask(desk, serial).json()["id"]
    judge(second, number, "approve")
    with sqlite3.connect(server.data / "sealbridge.db", timeout=20) as database:
        long_ago = (datetime.now(UTC) - timedelta(days=8)).strftime("%Y-%m-%d %H:%M:%S.%f")
        database.execute("UPDATE recovery SET judged_at = ? WHERE id = ?", [long_ago, number])
    database.close()
    assert phone.http.get(f"/v1/certificates/{serial}/recovery").json()["status"] == "expired"
    assert code_of(finish(phone, serial)) == (409, "recovery_state")
    assert opening(server, serial, PIN) == "opened"
    assert ask(desk, serial).status_code == 201


def test_of_many_at_once_one_is_served(
    server: Server, phone: Phone, desk: Desk, second: Desk, download: Download
) -> None:
    serial = download(DUAL)["encryption"]["serial"]
    with ThreadPoolExecutor(4) as threads:
        asked = list(threads.map(lambda _: ask(desk, serial), range(4)))
        assert sorted(one.status_code for one in asked) == [201, 409, 409, 409]
        number = next(one.json()["id"] for one in asked if one.status_code == 201)
        approved = list(threads.map(lambda _: judge(second, number, "approve").status_code, range(4)))
        assert sorted(approved) == [200, 409, 409, 409]
        pins = [f"Remembered-{number}" for number in range(4)]
        finished = list(threads.map(lambda pin: finish(phone, serial, pin).status_code, pins))
    assert sorted(finished) == [200, 409, 409, 409]
    winner = pins[finished.index(200)]
    assert opening(server, serial, winner) == "opened"
