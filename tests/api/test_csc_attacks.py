"""What others try with somebody's signature activation data, and what a crash leaves of it."""

from __future__ import annotations

import json
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256

import httpx
import pytest

from tests.api.locks import LockCa
from tests.api.people import PIN, Desk, Phone, code_of
from tests.api.remote import INVALID_SAD, Signer, Software, a_signer, hash_of, refusal, switch_on
from tests.api.running import Server
from tests.api.test_downloads import dual as dual
from tests.api.test_downloads import joined
from tests.api.test_kinds import Company
from tests.api.test_kinds import clerk as clerk
from tests.api.test_kinds import company as company

RSA_SHA256 = "1.2.840.113549.1.1.11"
INVALID_CREDENTIAL = (400, "invalid_request", "Invalid parameter credentialID")
NOT_AUTHORIZED = (400, "invalid_request", "Hash is not authorized by the SAD")
DISABLED = (400, "invalid_request", "The credential identified by credentialID is disabled")
MINE, OTHER = hash_of("招标文件"), hash_of("something else")


@pytest.fixture(scope="module")
def signer(server: Server, desk: Desk, lock_ca: LockCa) -> Signer:
    return a_signer(server, desk, lock_ca, key_kind="p-256")


@pytest.fixture(scope="module")
def software(server: Server, signer: Signer) -> Software:
    return Software.of(server, signer.phone)


@pytest.fixture(scope="module")
def stranger(server: Server, desk: Desk, lock_ca: LockCa) -> tuple[Signer, Software]:
    other = a_signer(server, desk, lock_ca, key_kind="p-256")
    return other, Software.of(server, other.phone)


@contextmanager
def database(server: Server) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(server.data / "sealbridge.db", timeout=20)
    with connection:
        yield connection
    connection.close()


def journal(server: Server, serial: str) -> list[tuple[str, str, str]]:
    """Action, outcome and the hash, of what the journal tells of remote signing with a certificate."""
    with database(server) as tx:
        lines = tx.execute("SELECT line FROM ca_audit_entry ORDER BY seq").fetchall()
    told = [json.loads(line) for (line,) in lines]
    mine = [one for one in told if one["subject"] == serial and one["action"].startswith("remote_signing.")]
    return [(one["action"], one["outcome"], one["detail"].get("hash", "")) for one in mine]


def test_a_sad_signs_its_own_hashes_once_each(software: Software, signer: Signer) -> None:
    sad = software.sad(signer.serial, MINE)
    assert refusal(software.sign(signer.serial, sad, OTHER)) == NOT_AUTHORIZED
    assert refusal(software.sign(signer.serial, sad, MINE, MINE)) == NOT_AUTHORIZED
    sha512 = {"signAlgo": "1.2.840.10045.4.3.4"}
    assert refusal(software.sign(signer.serial, sad, MINE, **sha512))[2] == "Invalid digest value length"
    assert software.sign(signer.serial, sad, MINE).status_code == 200
    assert refusal(software.sign(signer.serial, sad, MINE)) == INVALID_SAD


def test_a_sad_is_of_one_credential_person_and_session(
    server: Server, software: Software, signer: Signer, stranger: tuple[Signer, Software]
) -> None:
    other, theirs = stranger
    sad = software.sad(signer.serial, MINE)
    assert refusal(theirs.sign(signer.serial, sad, MINE)) == INVALID_CREDENTIAL
    assert refusal(theirs.sign(other.serial, sad, MINE)) == INVALID_SAD
    again = Software.of(server, signer.phone)
    assert refusal(again.sign(signer.serial, sad, MINE)) == INVALID_SAD
    for guess in ("", "x", sad[:-1], sad + "x"):
        assert refusal(software.sign(signer.serial, guess, MINE)) == INVALID_SAD
    assert software.sign(signer.serial, sad, MINE).status_code == 200


def test_credentials_of_others_are_answered_as_none_at_all(
    signer: Signer, stranger: tuple[Signer, Software], dual: Company, server: Server
) -> None:
    _, theirs = stranger
    encryption = dual.administrator.http.get("/v1/certificates").json()["items"][1]["serial"]
    theirs_too = Software.of(server, dual.administrator)
    assert theirs_too.call("credentials/list").json()["credentialIDs"] == [dual.serial]
    answers = {
        refusal(one.authorize(serial, MINE))
        for one, serial in [
            (theirs, signer.serial),
            (theirs, "0" * 32),
            (theirs, "../../etc"),
            (theirs, signer.serial.upper()),
            (theirs_too, encryption),
        ]
    }
    assert answers == {INVALID_CREDENTIAL}


def test_a_stolen_database_signs_nothing(server: Server, software: Software, signer: Signer) -> None:
    sad = software.sad(signer.serial, MINE)
    with database(server) as tx:
        dump = "\n".join(tx.iterdump())
    assert sad not in dump
    assert PIN not in dump
    with database(server) as tx:
        (digest,) = tx.execute("SELECT sad_digest FROM csc_authorization ORDER BY expires_at DESC").fetchone()
    assert refusal(software.sign(signer.serial, digest, MINE)) == INVALID_SAD


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE csc_authorized_hash SET hash = :other WHERE sad_digest = :digest",
        "INSERT INTO csc_authorized_hash VALUES (:digest, 1, :other, NULL)",
        "UPDATE csc_authorization SET expires_at = datetime(expires_at, '+1 day') WHERE sad_digest = :digest",
    ],
    ids=["another hash", "one more", "longer"],
)
def test_a_row_that_was_changed_serves_no_more(
    server: Server, software: Software, signer: Signer, change: str
) -> None:
    """Whoever writes in the database and has a SAD that was given for something else."""
    sad = software.sad(signer.serial, MINE)
    told = {"digest": sha256(sad.encode()).hexdigest(), "other": sha256(b"something else").hexdigest()}
    with database(server) as tx:
        assert tx.execute(change, told).rowcount == 1
    wanted = MINE if "expires_at" in change else OTHER
    assert refusal(software.sign(signer.serial, sad, wanted)) == INVALID_SAD
    assert journal(server, signer.serial)[-1][:2] == ("remote_signing.signed", "refused")


def test_a_sad_ends(server: Server, software: Software, signer: Signer) -> None:
    granted = software.authorize(signer.serial, MINE).json()
    assert 0 < granted["expiresIn"] <= 300
    with database(server) as tx:
        tx.execute("UPDATE csc_authorization SET expires_at = datetime('now', '-1 second')")
    ended = refusal(software.sign(signer.serial, granted["SAD"], MINE))
    assert ended == (400, "invalid_request", "SAD expired")


def test_more_is_not_authorised_than_hashes_are_named(software: Software, signer: Signer) -> None:
    def refused(*hashes: str, **changes: object) -> str:
        return refusal(software.authorize(signer.serial, *hashes, **changes))[2]

    assert refused(MINE, numSignatures=2) == "Invalid value for parameter numSignatures"
    assert refused(MINE, numSignatures=0) == "Invalid value for parameter numSignatures"
    assert refused(MINE, numSignatures="1") == ("Missing (or invalid type) integer parameter numSignatures")
    assert refused(*[MINE] * 51) == "Numbers of signatures is too high"
    assert refused() == "Empty hash array"
    assert refused("%%") == "Invalid Base64 hash string parameter"
    assert refused("AAAA") == "Invalid digest value length"
    assert refused(MINE, PIN=None) == "Missing (or invalid type) string parameter PIN"
    assert refused(MINE, hash="x") == "Missing (or invalid type) array parameter hash"
    assert refused(MINE, description="x" * 501) == "Invalid parameter description"


def test_version_2_asks_for_the_pin_in_its_own_shape(server: Server, signer: Signer) -> None:
    software = Software.of(server, signer.phone, 2)
    pin = {"id": "PIN", "value": PIN}
    bad = (400, "invalid_authentication_data", "The authentication data is invalid")
    for given in ([], [pin, pin], [pin, {"id": "OTP", "value": "1"}], [{"id": "PIN"}]):
        assert refusal(software.authorize(signer.serial, MINE, authData=given)) == bad
    shape = "Missing (or invalid type) array parameter authData"
    assert refusal(software.authorize(signer.serial, MINE, authData=PIN))[2] == shape
    sha1 = {"hashAlgorithmOID": "1.3.14.3.2.26"}
    assert refusal(software.authorize(signer.serial, MINE, **sha1))[2] == "Invalid parameter hashAlgorithmOID"
    sad = software.sad(signer.serial, MINE)
    later = software.sign(signer.serial, sad, MINE, operationMode="A")
    assert refusal(later)[2] == "Invalid parameter operationMode"
    assert software.sign(signer.serial, sad, MINE).status_code == 200


def test_failures_before_any_route_are_told_in_the_same_json(software: Software) -> None:
    http, headers = software.http, {"Content-Type": "application/json"}
    assert refusal(http.post("/credentials/info", content=b"{", headers=headers))[:2] == (
        400,
        "invalid_request",
    )
    assert refusal(http.post("/credentials/info", content=b"[]", headers=headers))[0] == 400
    huge = b'{"credentialID": "' + b"1" * 300_000 + b'"}'
    assert refusal(http.post("/credentials/info", content=huge, headers=headers))[0] == 413
    malformed = http.post("/credentials/list", headers={"Authorization": "Basic eDp5"})
    assert refusal(malformed) == (400, "invalid_request", "Malformed authorization header")
    nobody = http.post("/credentials/list", headers={"Authorization": "Bearer x"})
    assert refusal(nobody)[:2] == (401, "invalid_token")


def test_a_holder_decides_by_a_switch(server: Server, signer: Signer, software: Software) -> None:
    path = f"/v1/certificates/{signer.serial}/remote-signing"
    phone, sad = signer.phone, software.sad(signer.serial, MINE)
    assert phone.http.delete(path).status_code == 204
    assert refusal(software.authorize(signer.serial, MINE)) == DISABLED
    assert refusal(software.sign(signer.serial, sad, MINE)) == DISABLED
    shown = software.call("credentials/info", credentialID=signer.serial).json()
    assert (shown["key"]["status"], shown["cert"]["status"]) == ("disabled", "valid")
    assert code_of(switch_on(phone, signer.serial, "Wrong-Pin")) == (403, "pin_wrong")
    assert phone.http.get(path).json() == {"on": False, "since": None}
    assert switch_on(phone, signer.serial).status_code == 204
    assert phone.http.get(path).json()["on"] is True
    assert refusal(software.sign(signer.serial, sad, MINE)) == INVALID_SAD
    told = [action for action, _, _ in journal(server, signer.serial)]
    assert told.count("remote_signing.on") == told.count("remote_signing.off") + 1


def test_a_suspended_certificate_signs_nothing(signer: Signer, software: Software) -> None:
    sad, path = software.sad(signer.serial, MINE), f"/v1/certificates/{signer.serial}"
    assert signer.phone.http.post(f"{path}/suspend").status_code == 204
    for answer in (software.authorize(signer.serial, MINE), software.sign(signer.serial, sad, MINE)):
        assert refusal(answer)[2] == "Invalid certificate status"
    assert signer.phone.http.post(f"{path}/release", json={"pin": PIN}).status_code == 204
    assert software.sign(signer.serial, sad, MINE).status_code == 200


def test_a_new_pin_voids_what_was_authorised(server: Server, phone: Phone, serial: str) -> None:
    assert switch_on(phone, serial).status_code == 204
    software = Software.of(server, phone)
    sad = software.sad(serial, MINE)
    changed = {"pin": PIN, "new_pin": "Remembered-7"}
    assert phone.http.post(f"/v1/certificates/{serial}/pin", json=changed).status_code == 200
    assert refusal(software.sign(serial, sad, MINE, signAlgo=RSA_SHA256)) == INVALID_SAD
    wrong = software.authorize(serial, MINE)
    assert (refusal(wrong)[:2], wrong.json()["tries_left"]) == ((400, "invalid_pin"), 4)
    assert software.authorize(serial, MINE, pin="Remembered-7").status_code == 200


def test_power_that_was_taken_away_is_gone_at_once(
    server: Server, company: Company, clerk: Phone, desk: Desk
) -> None:
    application = joined(company, clerk, desk, permissions=["seal"])
    serial = str(clerk.act(application, "download", pin=PIN).json()["serial"])
    boss, members = company.administrator.http, f"/v1/enterprises/{company.credit_code}/members"
    assert switch_on(clerk, serial).status_code == 204
    software = Software.of(server, clerk)
    sad = software.sad(serial, MINE)
    (member,) = (one["id"] for one in boss.get(members).json()["items"] if one["role"] == "clerk")
    changed = boss.put(f"{members}/{member}/permissions", json={"permissions": ["login"]})
    assert changed.status_code == 200, changed.text
    for answer in (software.authorize(serial, MINE), software.sign(serial, sad, MINE)):
        assert refusal(answer)[:2] == (400, "access_denied")


def test_a_hundred_wrong_pins_at_once_are_five(server: Server, phone: Phone, serial: str) -> None:
    assert switch_on(phone, serial).status_code == 204
    old, new = Software.of(server, phone), Software.of(server, phone, 2)
    sad = old.sad(serial, MINE)

    def guess(number: int) -> str:
        return refusal((old, new)[number % 2].authorize(serial, MINE, pin=f"Wrong-Pin-{number}"))[1]

    with ThreadPoolExecutor(16) as threads:
        told = list(threads.map(guess, range(100)))
    wrong = told.count("invalid_pin") + told.count("invalid_authentication_data")
    assert wrong == 4
    assert set(told) <= {
        "invalid_pin",
        "invalid_authentication_data",
        "invalid_request",
        "temporarily_unavailable",
    }
    server.stop(signal.SIGKILL)
    server.start()
    assert refusal(old.authorize(serial, MINE)) == (400, "invalid_request", "PIN locked")
    assert refusal(new.authorize(serial, MINE)) == (400, "invalid_request", "Credential locked")
    assert refusal(old.sign(serial, sad, MINE, signAlgo=RSA_SHA256)) == (400, "invalid_request", "PIN locked")
    assert [one["link"]["id"] for one in phone.http.get("/v1/messages?kind=pin-locked").json()["items"]] == [
        serial
    ]


def test_of_parallel_uses_one_signs(server: Server, software: Software, signer: Signer) -> None:
    mine = [hash_of(str(number)) for number in range(3)]
    sad, before = software.sad(signer.serial, *mine), len(journal(server, signer.serial))
    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(lambda one: software.sign(signer.serial, sad, one), mine * 8))
    assert [one.status_code for one in answers].count(200) == 3
    assert {refusal(one) for one in answers if one.is_error} <= {INVALID_SAD, NOT_AUTHORIZED}
    assert len(journal(server, signer.serial)) == before + 3


def test_a_crash_spends_a_hash_at_most_once(server: Server, software: Software, signer: Signer) -> None:
    """Killed while it signs: what was answered is in the journal, and nothing is signed twice."""
    mine = [hash_of(f"document {number}") for number in range(20)]
    sad, before = software.sad(signer.serial, *mine), _signed(server, signer)
    answered: list[str] = []
    caller = threading.Thread(target=_sign_all, args=(software, signer.serial, sad, mine, answered))
    caller.start()
    time.sleep(0.08)
    server.stop(signal.SIGKILL)
    caller.join()
    server.start()
    again = [one for one in mine if software.sign(signer.serial, sad, one).status_code == 200]
    assert again
    assert not set(again) & set(answered)
    assert len(again) + len(answered) <= _signed(server, signer) - before <= len(mine)


def _sign_all(software: Software, serial: str, sad: str, hashes: list[str], answered: list[str]) -> None:
    for one in hashes:
        try:
            if software.sign(serial, sad, one).status_code == 200:
                answered.append(one)
        except httpx.TransportError:  # the server was killed
            return


def _signed(server: Server, signer: Signer) -> int:
    told = journal(server, signer.serial)
    return len([one for one in told if one[:2] == ("remote_signing.signed", "done")])
