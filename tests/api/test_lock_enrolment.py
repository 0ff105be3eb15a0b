"""下载到 CA 锁, and who might want to come between: keys, proofs, sessions and confirmations of others."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from ca.issuance import key_digest
from tests.api.lock_holders import Holder, a_key, confirm, fingerprint, request_by, state
from tests.api.locks import Lock, LockCa
from tests.api.people import COMPANY, PIN, Desk, Pc, Phone, a_credit_code, code_of
from tests.api.running import Server


@pytest.fixture(scope="module")
def product(desk: Desk) -> str:
    return desk.product("lock-month", custody="lock", key_kind="p-256", name="企业数字证书（CA 锁）")


@pytest.fixture(scope="module")
def dual(desk: Desk) -> str:
    second = "enterprise-encryption"
    return desk.product("lock-dual", custody="lock", key_kind="p-256", encryption_profile=second)


@pytest.fixture
def due(server: Server, phone: Phone, desk: Desk, lock_ca: LockCa, product: str) -> str:
    """An approved application for a certificate on a lock."""
    return approved(server, phone, desk, lock_ca, product)


def approved(server: Server, phone: Phone, desk: Desk, lock_ca: LockCa, product: str) -> str:
    credit_code = a_credit_code()
    application = phone.applied(credit_code, product)
    Pc(server).sign(phone, application, lock_ca.lock(COMPANY, credit_code))
    assert phone.act(application, "submit").status_code == 200
    assert desk.judge(application, "approve").status_code == 200
    return application


def test_the_phone_compares_confirms_and_the_lock_has_its_certificate(
    server: Server, phone: Phone, due: str
) -> None:
    assert code_of(phone.act(due, "download", pin=PIN)) == (409, "custody_is_lock")
    holder = Holder(server).claim(phone, due)
    assert state(phone, due)["step"] == "keys"
    facts = holder.facts()
    assert (facts["enterprise_name"], facts["key_kind"], facts["issued"]) == (COMPANY, "p-256", "")
    assert holder.offer().json() == {"challenge": ""}
    assert holder.certificates()["signing_certificate"] == ""

    shown = state(phone, due)
    assert shown["step"] == "confirmation"
    assert (shown["lock_label"], shown["check"]) == ("阳光建设的锁", holder.keys().check)
    issued = confirm(phone, due)
    assert issued.status_code == 200, issued.text
    assert confirm(phone, due, shown["keys_digest"]).json() == issued.json()

    given = x509.load_der_x509_certificate(b64decode(holder.certificates()["signing_certificate"]))
    assert given.public_key() == holder.signing.public_key()
    assert given.subject.rfc4514_string() == facts["signing_subject"]
    assert f"{given.serial_number:x}" == issued.json()["serial"] == state(phone, due)["serial"]
    assert state(phone, due)["step"] == "writing"
    assert holder.written().status_code == 204
    assert holder.written().status_code == 204
    assert (state(phone, due)["step"], state(phone, due)["status"]) == ("done", "complete")

    listed = phone.http.get("/v1/certificates?list=active").json()["items"]
    assert [(one["serial"], one["custody"]) for one in listed] == [(issued.json()["serial"], "lock")]


def test_both_halves_of_a_dual_certificate(
    server: Server, phone: Phone, desk: Desk, lock_ca: LockCa, dual: str
) -> None:
    due = approved(server, phone, desk, lock_ca, dual)
    holder = Holder(server, encryption=a_key()).claim(phone, due)
    challenge = holder.offer().json()["challenge"]
    assert state(phone, due)["check"] is None  # not proven
    assert code_of(confirm(phone, due, holder.keys().digest)) == (409, "enrolment_not_ready")

    def spoiled(proof: str) -> str:
        return ("0" if proof[0] != "0" else "1") + proof[1:]

    assert code_of(holder.prove(challenge, spoiled)) == (403, "possession_unproven")
    assert holder.prove(challenge).status_code == 204
    issued = confirm(phone, due).json()
    given = holder.certificates()
    second = x509.load_der_x509_certificate(b64decode(given["encryption_certificate"]))
    assert second.public_key() == holder.encryption.public_key()
    assert f"{second.serial_number:x}" == issued["encryption"]["serial"]
    assert code_of(holder.written(encryption_sha256="")) == (409, "enrolment_not_issued")
    assert holder.written().status_code == 204


def test_a_proof_is_good_for_the_keys_it_was_made_for(
    server: Server, phone: Phone, desk: Desk, lock_ca: LockCa, dual: str
) -> None:
    due = approved(server, phone, desk, lock_ca, dual)
    holder = Holder(server, encryption=a_key()).claim(phone, due)
    first = holder.offer().json()["challenge"]
    holder.offer()
    assert code_of(holder.prove(first)) == (403, "possession_unproven")


def test_keys_are_proven_to_be_there(server: Server, phone: Phone, due: str) -> None:
    holder = Holder(server).claim(phone, due)
    nonce = holder.facts()["nonce"]
    good = request_by(holder.signing, nonce)
    forged = good[:-4] + bytes(4)
    assert code_of(holder.offer(forged)) == (422, "csr_invalid")
    other = request_by(holder.signing, "0" * 32)
    assert code_of(holder.offer(other)) == (403, "possession_unproven")
    without = x509.CertificateSigningRequestBuilder(x509.Name([])).sign(holder.signing, hashes.SHA256())
    assert code_of(holder.offer(without.public_bytes(Encoding.DER))) == (403, "possession_unproven")
    assert state(phone, due)["step"] == "keys"


def test_keys_of_another_kind_or_number_are_not_taken(server: Server, phone: Phone, due: str) -> None:
    long = rsa.generate_private_key(65537, 2048)
    assert code_of(Holder(server, signing=long).claim(phone, due).offer()) == (422, "enrolment_key_kind")
    two = Holder(server, encryption=a_key()).claim(phone, due)
    assert code_of(two.offer()) == (422, "enrolment_key_kind")


def test_a_weak_key_and_one_of_another_subject_are_refused_before_anybody_confirms(
    server: Server, phone: Phone, desk: Desk, lock_ca: LockCa, due: str, product: str
) -> None:
    weak = ec.derive_private_key(7, ec.SECP256R1())
    assert code_of(Holder(server, signing=weak).claim(phone, due).offer()) == (422, "key_weak")

    holder = Holder(server).claim(phone, due).offer_all()
    assert confirm(phone, due).status_code == 200
    elsewhere = approved(server, phone, desk, lock_ca, product)
    taken = Holder(server, signing=holder.signing).claim(phone, elsewhere)
    assert code_of(taken.offer())[1] == "key_taken"
    assert phone.http.get(f"/v1/applications/{elsewhere}").json()["status"] == "approved"
    assert key_digest(holder.signing.public_key())


def test_confirmed_keys_are_the_only_ones(server: Server, phone: Phone, due: str) -> None:
    holder = Holder(server).claim(phone, due).offer_all()
    shown = state(phone, due)["keys_digest"]
    swapped = Holder(server).claim(phone, due).offer_all()
    # What the phone showed is not what is there now.
    assert code_of(confirm(phone, due, shown)) == (409, "enrolment_changed")
    assert confirm(phone, due).status_code == 200
    holder.claim(phone, due)
    assert code_of(holder.offer()) == (409, "enrolment_key_differs")
    swapped.claim(phone, due)
    assert swapped.offer().json() == {"challenge": ""}
    assert swapped.facts()["issued"] == "yes"


def test_keys_of_a_session_that_is_over_are_not_confirmed(server: Server, phone: Phone, due: str) -> None:
    holder = Holder(server).claim(phone, due).offer_all()
    digest = holder.keys().digest
    Holder(server).claim(phone, due)  # sent once more: the first PC is out
    assert code_of(holder.http.get("/task/enrolment")) == (410, "session_cancelled")
    assert state(phone, due)["step"] == "keys"
    assert code_of(confirm(phone, due, digest)) == (409, "enrolment_not_ready")


def test_one_computer_claims_with_the_right_code(server: Server, phone: Phone, due: str) -> None:
    sent = phone.http.post(f"/v1/applications/{due}/enrolment").json()
    address = sent["address"].rpartition("/")[2]
    first, second = server.client("/bridge/v1"), server.client("/bridge/v1")
    wrong = f"{(int(sent['code']) + 1) % 10**6:06d}"
    assert code_of(first.post("/claims", json={"address": address, "code": wrong})) == (403, "code_wrong")
    good = {"address": address, "code": sent["code"]}
    assert first.post("/claims", json=good).status_code == 201
    assert code_of(second.post("/claims", json=good)) == (409, "already_claimed")


def test_nobody_else_sends_watches_or_confirms(server: Server, phone: Phone, due: str) -> None:
    holder = Holder(server).claim(phone, due).offer_all()
    stranger = Phone(server).sign_in().http
    path = f"/v1/applications/{due}/enrolment"
    assert code_of(stranger.post(path)) == (404, "not_found")
    assert code_of(stranger.get(path)) == (404, "not_found")
    body = {"keys_digest": holder.keys().digest}
    assert code_of(stranger.post(f"{path}/confirmation", json=body)) == (404, "not_found")
    assert code_of(stranger.post(f"{path}/cancellation")) == (404, "not_found")


def test_a_session_is_for_one_thing(server: Server, phone: Phone, pc: Pc, due: str, lock_ca: LockCa) -> None:
    holder = Holder(server).claim(phone, due)
    assert code_of(holder.http.get("/task")) == (409, "task_is_enrolment")
    assert code_of(holder.http.post("/task/answer", json={"cms": "AA=="})) == (409, "task_is_enrolment")
    credit_code = a_credit_code()
    pc.claim(*phone.send_to_computer(phone.applied(credit_code)))
    assert code_of(pc.http.get("/task/enrolment")) == (409, "task_is_signature")


def test_what_is_not_approved_or_not_for_a_lock_is_not_sent(
    server: Server, phone: Phone, approved: str, product: str
) -> None:
    assert code_of(phone.http.post(f"/v1/applications/{approved}/enrolment")) == (409, "custody_not_lock")
    draft = phone.applied(a_credit_code(), product)
    assert code_of(phone.http.post(f"/v1/applications/{draft}/enrolment")) == (409, "application_state")


def test_a_certificate_is_fetched_once_more(server: Server, phone: Phone, due: str) -> None:
    """The PC died before the certificate was on the lock; or the lock was formatted by mistake."""
    holder = Holder(server).claim(phone, due).offer_all()
    assert confirm(phone, due).status_code == 200
    first = holder.certificates()
    again = Holder(server, signing=holder.signing).claim(phone, due)
    assert again.certificates() == first
    assert again.written(signing_sha256="0" * 64).status_code == 409
    assert again.written().status_code == 204
    assert fingerprint(first["signing_certificate"])
    assert state(phone, due)["step"] == "done"


def test_a_certificate_on_a_lock_has_no_pin_here(
    server: Server, phone: Phone, due: str, a_pdf: bytes
) -> None:
    Holder(server).claim(phone, due).offer_all()
    serial = confirm(phone, due).json()["serial"]
    path = f"/v1/certificates/{serial}"
    assert code_of(phone.http.get(f"{path}/pin")) == (409, "custody_is_lock")
    changed = phone.http.post(f"{path}/pin", json={"pin": PIN, "new_pin": "7531-Seal"})
    assert code_of(changed) == (409, "custody_is_lock")
    assert code_of(phone.stamp(serial, a_pdf)) == (409, "custody_is_lock")
    assert phone.http.post(f"{path}/suspend").status_code == 204
    assert phone.http.get(path).json()["state"] == "suspended"
    assert code_of(phone.http.post(f"{path}/release", json={"pin": PIN})) == (409, "custody_is_lock")


def test_the_page_at_the_address_leads_to_the_agent(server: Server, phone: Phone, due: str) -> None:
    sent = phone.http.post(f"/v1/applications/{due}/enrolment").json()
    browser = server.client()
    code_page = browser.get(sent["address"])
    token = code_page.text.partition('name="token" value="')[2].partition('"')[0]
    claimed = browser.post(
        sent["address"], data={"code": sent["code"], "token": token}, follow_redirects=True
    )
    assert "密钥将在锁内生成" in claimed.text
    assert COMPANY in claimed.text
    assert phone.http.post(f"/v1/applications/{due}/enrolment/cancellation").status_code == 204
    assert "下载任务已结束" in browser.get(sent["address"]).text


def on_lock(server: Server, phone: Phone, application: str) -> tuple[Holder, Lock, str]:
    """A lock with its certificate, as a signer; the serial number."""
    holder = Holder(server).claim(phone, application).offer_all()
    serial = str(confirm(phone, application).json()["serial"])
    der = b64decode(holder.certificates()["signing_certificate"])
    return holder, Lock(holder.signing, x509.load_der_x509_certificate(der)), serial


def test_a_renewal_is_signed_by_the_lock_that_has_the_certificate(
    server: Server, phone: Phone, pc: Pc, due: str, lock_ca: LockCa
) -> None:
    _, lock, serial = on_lock(server, phone, due)
    code = phone.http.get(f"/v1/certificates/{serial}").json()["credit_code"]
    made = phone.http.post("/v1/applications", json={"kind": "renewal", "serial": serial})
    renewal = str(made.json()["id"])
    assert code_of(phone.act(renewal, "seal", pin=PIN)) == (409, "custody_is_lock")
    pc.claim(*phone.send_to_computer(renewal))
    phone.confirm_pc(renewal)
    assert code_of(pc.offer(lock_ca.lock(COMPANY, code)))[1] == "lock_certificate_differs"
    assert pc.offer(lock).status_code == 204
    assert pc.answer(lock).status_code == 200
    assert phone.act(renewal, "submit").status_code == 200


def test_what_we_know_of_our_own_certificates_decides_whether_their_locks_sign(
    server: Server, phone: Phone, pc: Pc, due: str, product: str
) -> None:
    _, lock, serial = on_lock(server, phone, due)
    code = phone.http.get(f"/v1/certificates/{serial}").json()["credit_code"]
    another = Phone(server).sign_in()
    pc.claim(*another.send_to_computer(foreign := another.applied(a_credit_code(), product)))
    another.confirm_pc(foreign)
    assert code_of(pc.offer(lock))[1] == "lock_of_other_enterprise"
    pc.claim(*another.send_to_computer(own := another.applied(code, product)))
    another.confirm_pc(own)
    assert pc.offer(lock).status_code == 204
    assert phone.http.post(f"/v1/certificates/{serial}/suspend").status_code == 204
    assert code_of(pc.answer(lock))[1] == "lock_revoked"


def test_a_lost_lock_is_replaced_by_another_with_new_keys(
    server: Server, phone: Phone, desk: Desk, hire: Callable[..., Desk], due: str
) -> None:
    _, _, serial = on_lock(server, phone, due)
    asked = {"kind": "pin-reset", "serial": serial, "grounds": "CA 锁遗失"}
    application = str(phone.http.post("/v1/applications", json=asked).json()["id"])
    assert phone.act(application, "submit").status_code == 200
    assert desk.judge(application, "approve").status_code == 200
    assert hire("reviewer").judge(application, "approve").status_code == 200
    holder, _, followed = on_lock(server, phone, application)
    assert followed != serial
    assert holder.facts()["present_signing"] == ""  # the lost key does not go on
    assert phone.http.get(f"/v1/certificates/{serial}").json()["state"] == "revoked"
    assert phone.http.get(f"/v1/certificates/{followed}").json()["custody"] == "lock"
