"""发送到电脑: which locks are refused, and what a refusal leaves."""

from __future__ import annotations

import sqlite3

import pytest

from tests.api.locks import LockCa
from tests.api.people import COMPANY, Pc, Phone, a_credit_code, code_of
from tests.api.running import Server


@pytest.fixture
def credit_code() -> str:
    return a_credit_code()


@pytest.fixture
def draft(phone: Phone, credit_code: str) -> str:
    return phone.applied(credit_code)


def status(phone: Phone, application: str) -> str:
    return str(phone.http.get(f"/v1/applications/{application}").json()["status"])


@pytest.fixture
def claimed(phone: Phone, pc: Pc, draft: str) -> str:
    assert pc.claim(*phone.send_to_computer(draft)).status_code == 201
    phone.confirm_pc(draft)
    return draft


def test_the_phone_sees_how_far_the_pc_is(
    phone: Phone, pc: Pc, draft: str, lock_ca: LockCa, credit_code: str
) -> None:
    state = f"/v1/applications/{draft}/send-to-computer"
    assert code_of(phone.http.get(state)) == (404, "not_found")
    address, code = phone.send_to_computer(draft)
    assert phone.http.get(state).json()["status"] == "created"
    pc.claim(address, code)
    waiting = phone.http.get(state).json()
    assert (waiting["status"], waiting["pc"]["confirmed"]) == ("claimed", False)
    phone.confirm_pc(draft)
    assert phone.http.get(state).json()["pc"]["confirmed"]
    lock = lock_ca.lock(COMPANY, credit_code)
    pc.offer(lock)
    result = pc.answer(lock).json()
    done = phone.http.get(state).json()
    assert done["status"] == "complete"
    assert done["result"] in result.values()
    shown = phone.http.get(f"/v1/applications/{draft}").json()
    assert (shown["status"], shown["signed_form_sha256"]) == ("signed", done["result"])


def test_the_holder_sees_what_is_asked_of_the_lock(
    phone: Phone, pc: Pc, claimed: str, credit_code: str
) -> None:
    task = pc.http.get("/task").json()
    assert (task["enterprise_name"], task["credit_code"]) == (COMPANY, credit_code)
    assert task["applicant_phone_masked"] == f"{phone.number[:3]}****{phone.number[-4:]}"
    assert phone.number not in str(task)


def test_a_pc_learns_nothing_before_the_phones_yes(
    phone: Phone, pc: Pc, draft: str, lock_ca: LockCa, credit_code: str
) -> None:
    pc.claim(*phone.send_to_computer(draft))
    path = f"/v1/applications/{draft}/send-to-computer"
    number = phone.http.get(path).json()["pc"]["number"]
    assert pc.http.get("/task").json()["number"] == number
    other = f"{(int(number) + 1) % 100:02d}"
    lock = lock_ca.lock(COMPANY, credit_code)
    for step in (pc.http.get("/task"), pc.offer(lock), pc.http.get("/task/document")):
        assert code_of(step) == (409, "pc_unconfirmed")
        assert COMPANY not in step.text
    refused = phone.http.post(f"{path}/confirmation", json={"number": other})
    assert code_of(refused) == (409, "pc_differs")
    assert code_of(phone.http.post(f"{path}/confirmation", json={"number": "4x"}))[0] == 422
    assert code_of(pc.offer(lock)) == (409, "pc_unconfirmed")


def test_the_phone_takes_the_address_back(phone: Phone, pc: Pc, draft: str) -> None:
    path = f"/v1/applications/{draft}/send-to-computer"
    pc.claim(*phone.send_to_computer(draft))
    assert phone.http.delete(path).json()["status"] == "cancelled"
    assert code_of(pc.http.get("/task")) == (410, "session_cancelled")
    assert code_of(phone.http.delete(path)) == (410, "session_cancelled")


def test_a_lock_of_another_company(phone: Phone, pc: Pc, claimed: str, lock_ca: LockCa) -> None:
    other = lock_ca.lock(COMPANY, a_credit_code())
    assert code_of(pc.offer(other)) == (403, "lock_of_other_enterprise")
    assert status(phone, claimed) == "draft"


def test_an_expired_lock(pc: Pc, claimed: str, lock_ca: LockCa, credit_code: str) -> None:
    assert code_of(pc.offer(lock_ca.lock(COMPANY, credit_code, days=-1))) == (403, "lock_expired")


def test_an_unknown_lock_ca(pc: Pc, claimed: str, credit_code: str) -> None:
    stranger = LockCa("无人认识的 CA")
    assert code_of(pc.offer(stranger.lock(COMPANY, credit_code))) == (403, "lock_issuer_unknown")


def test_a_ca_that_only_has_the_name_of_a_trusted_one(pc: Pc, claimed: str, credit_code: str) -> None:
    impostor = LockCa()
    assert code_of(pc.offer(impostor.lock(COMPANY, credit_code))) == (403, "lock_issuer_unknown")


def test_a_certificate_that_is_not_for_signing(
    pc: Pc, claimed: str, lock_ca: LockCa, credit_code: str
) -> None:
    encryption = lock_ca.lock(COMPANY, credit_code, signs=False)
    assert code_of(pc.offer(encryption)) == (403, "lock_not_for_signing")


def test_a_revoked_lock(server: Server, pc: Pc, claimed: str, lock_ca: LockCa, credit_code: str) -> None:
    lock = lock_ca.lock(COMPANY, credit_code)
    lock_ca.revoked.append(lock.certificate.serial_number)
    lock_ca.publish(server.data / "lock-cas", "old")
    assert code_of(pc.offer(lock)) == (403, "lock_revoked")


def test_a_lock_revoked_between_offer_and_answer(
    server: Server, phone: Phone, pc: Pc, claimed: str, lock_ca: LockCa, credit_code: str
) -> None:
    lock = lock_ca.lock(COMPANY, credit_code)
    assert pc.offer(lock).status_code == 204
    lock_ca.revoked.append(lock.certificate.serial_number)
    lock_ca.publish(server.data / "lock-cas", "old")
    assert code_of(pc.answer(lock)) == (403, "lock_revoked")
    assert status(phone, claimed) == "draft"


def test_bytes_that_are_no_certificate(pc: Pc, claimed: str) -> None:
    refused = pc.http.post("/task/certificate", json={"certificate": "bm90IGEgY2VydGlmaWNhdGU="})
    assert code_of(refused) == (403, "lock_certificate_invalid")


def test_a_signature_over_other_bytes_ends_the_session_and_nothing_else(
    phone: Phone, pc: Pc, claimed: str, lock_ca: LockCa, credit_code: str
) -> None:
    lock = lock_ca.lock(COMPANY, credit_code)
    pc.offer(lock)
    prepared = pc.document()
    forged = prepared[:100] + bytes([prepared[100] ^ 1]) + prepared[101:]
    assert code_of(pc.answer(lock, forged)) == (422, "signature_mismatch")
    assert status(phone, claimed) == "draft"
    pc.sign(phone, claimed, lock)
    assert status(phone, claimed) == "signed"


def test_the_lock_must_be_the_one_that_was_offered(
    phone: Phone, pc: Pc, claimed: str, lock_ca: LockCa, credit_code: str
) -> None:
    pc.offer(lock_ca.lock(COMPANY, credit_code))
    other = lock_ca.lock(COMPANY, a_credit_code())
    assert code_of(pc.answer(other))[0] in (403, 422)
    assert status(phone, claimed) == "draft"


def test_a_used_address(
    server: Server, phone: Phone, pc: Pc, draft: str, lock_ca: LockCa, credit_code: str
) -> None:
    address, code = phone.send_to_computer(draft)
    assert pc.claim(address, code).status_code == 201
    assert code_of(Pc(server).claim(address, code)) == (409, "already_claimed")
    phone.confirm_pc(draft)
    lock = lock_ca.lock(COMPANY, credit_code)
    pc.offer(lock)
    pc.answer(lock)
    assert code_of(Pc(server).claim(address, code)) == (404, "address_unknown")


def test_an_expired_address(server: Server, phone: Phone, pc: Pc, draft: str) -> None:
    address, code = phone.send_to_computer(draft)
    with sqlite3.connect(server.data / "sealbridge.db", timeout=20) as database:
        database.execute(
            "UPDATE bridge_session SET expires_at = '2020-01-01 00:00:00.000000' WHERE subject = ?", [draft]
        )
    database.close()
    assert code_of(pc.claim(address, code)) == (404, "address_unknown")
    state = phone.http.get(f"/v1/applications/{draft}/send-to-computer").json()
    assert state["status"] == "expired"


def test_a_newer_address_voids_the_older(phone: Phone, pc: Pc, draft: str) -> None:
    first = phone.send_to_computer(draft)
    second = phone.send_to_computer(draft)
    assert code_of(pc.claim(*first)) == (404, "address_unknown")
    assert pc.claim(*second).status_code == 201


def test_a_withdrawn_application_takes_no_signature(
    phone: Phone, pc: Pc, claimed: str, lock_ca: LockCa, credit_code: str
) -> None:
    lock = lock_ca.lock(COMPANY, credit_code)
    pc.offer(lock)
    assert phone.act(claimed, "withdraw").status_code == 200
    assert code_of(pc.answer(lock)) == (409, "application_state")


def test_the_same_answer_again_changes_nothing(
    phone: Phone, pc: Pc, claimed: str, lock_ca: LockCa, credit_code: str
) -> None:
    lock = lock_ca.lock(COMPANY, credit_code)
    pc.offer(lock)
    body = pc.signed(lock, pc.document())
    answers = [pc.http.post("/task/answer", json=body) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
