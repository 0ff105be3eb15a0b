"""What is answered, and that it is never wrong for long."""

from __future__ import annotations

import os
import secrets
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponseStatus
from pkilint import loader
from pkilint.pkix import ocsp as pkix_ocsp
from pkilint.validation import ValidationFindingSeverity

from ca.authorities import AuthorityState, IssuingAuthority
from ca.ceremony.steps import AuthorityName, request_certificate, sign_issuing
from ca.hierarchy import Authority
from ca.ocsp import Answer, OcspPolicy, Responder
from ca.own_certificates import Role
from ca.revocation import Revoker
from ca.tbs import Pointers
from hsm import KeyKind, Token, TokenKeys
from hsm.errors import TokenGone
from tests.ca.ocsp.conftest import Asked


def read(answer: Answer) -> ocsp.OCSPResponse:
    return ocsp.load_der_ocsp_response(answer.der)


def status(answer: Answer) -> OCSPCertStatus:
    return read(answer).certificate_status


def lint(der: bytes) -> list[str]:
    validator = pkix_ocsp.create_pkix_ocsp_response_validator_container(
        [pkix_ocsp.create_response_decoder()], []
    )
    grave = (ValidationFindingSeverity.ERROR, ValidationFindingSeverity.FATAL)
    return [
        finding.finding.code
        for result in validator.validate(loader.load_der_ocsp_response(der, "answer").root)
        for finding in result.finding_descriptions
        if finding.finding.severity in grave
    ]


def test_good_revoked_suspended_and_released(asked: Asked) -> None:
    issued = asked.issue()
    assert status(asked.ask(issued.certificate)) is OCSPCertStatus.GOOD
    asked.ca.clock.forward(hours=1)
    asked.revoker.suspend(issued.serial)
    on_hold = read(asked.ask(issued.certificate))
    assert on_hold.certificate_status is OCSPCertStatus.REVOKED
    assert on_hold.revocation_reason is x509.ReasonFlags.certificate_hold
    asked.revoker.release(issued.serial)
    assert status(asked.ask(issued.certificate)) is OCSPCertStatus.GOOD
    asked.revoker.revoke(issued.serial, "key_compromise", asked.ca.clock() - timedelta(days=2))
    revoked = read(asked.ask(issued.certificate))
    assert revoked.revocation_reason is x509.ReasonFlags.key_compromise
    assert revoked.revocation_time_utc == asked.ca.clock()
    since = revoked.single_extensions.get_extension_for_class(x509.InvalidityDate).value
    assert since.invalidity_date_utc == asked.ca.clock() - timedelta(days=2)


def test_the_answer_is_signed_by_a_delegated_responder(asked: Asked) -> None:
    issued = asked.issue()
    answer = read(asked.ask(issued.certificate))
    (responder,) = answer.certificates
    responder.verify_directly_issued_by(asked.ca.authority.certificate)
    usage = responder.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [x509.ExtendedKeyUsageOID.OCSP_SIGNING]
    assert responder.extensions.get_extension_for_class(x509.OCSPNoCheck)
    key = responder.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(hashes.SHA256()))
    identifier = responder.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert answer.responder_key_hash == identifier


@pytest.mark.parametrize("revoke", [False, True])
def test_pkilint_finds_nothing_grave(asked: Asked, revoke: bool) -> None:
    issued = asked.issue()
    if revoke:
        asked.revoker.revoke(issued.serial, "superseded")
    for answer in (asked.ask(issued.certificate), asked.ask(issued.certificate, x509.OCSPNonce(b"n" * 32))):
        assert lint(answer.der) == []


def test_a_serial_number_that_was_never_issued_is_unknown(asked: Asked) -> None:
    issued = asked.issue()
    intended = asked.ca.issuer.prepare(replace(asked.request, request_id="never completed"))
    question = asked.question(issued.certificate)
    changed = question.replace(_serial(issued.serial), _serial(intended.entry.serial))
    if len(_serial(issued.serial)) == len(_serial(intended.entry.serial)):
        assert status(asked.responder.answer(changed)) is OCSPCertStatus.UNKNOWN
    never = issued.serial ^ (1 << 20)
    answer = asked.responder.answer(question.replace(_serial(issued.serial), _serial(never)))
    assert status(answer) is OCSPCertStatus.UNKNOWN
    assert answer.cache_seconds == 0
    # What was given up after a crash is revoked, not unknown: the token may have signed it.
    asked.ca.clock.forward(minutes=3)
    asked.ca.issuer.settle()
    if len(_serial(issued.serial)) == len(_serial(intended.entry.serial)):
        asked.responder.changed()
        assert status(asked.responder.answer(changed)) is OCSPCertStatus.REVOKED


def _serial(serial: int) -> bytes:
    return serial.to_bytes(serial.bit_length() // 8 + 1, "big")


def test_another_cas_certificates_are_not_ours_to_answer(asked: Asked) -> None:
    foreign = ocsp.OCSPRequestBuilder().add_certificate_by_hash(b"a" * 20, b"b" * 20, 5, hashes.SHA1())
    answer = read(asked.responder.answer(foreign.build().public_bytes(Encoding.DER)))
    assert answer.response_status is OCSPResponseStatus.UNAUTHORIZED


@pytest.mark.parametrize("algorithm", [hashes.SHA256(), hashes.SHA384(), hashes.SHA512()])
def test_the_issuer_may_be_named_by_other_hashes(asked: Asked, algorithm: hashes.HashAlgorithm) -> None:
    issued = asked.issue()
    answer = read(asked.responder.answer(asked.question(issued.certificate, algorithm=algorithm)))
    assert answer.certificate_status is OCSPCertStatus.GOOD
    assert answer.hash_algorithm.name == algorithm.name


def test_a_nonce_is_repeated_and_asks_for_a_fresh_answer(asked: Asked) -> None:
    issued = asked.issue()
    for length in (1, 16, 32, 128):
        nonce = os.urandom(length)
        answer = asked.ask(issued.certificate, x509.OCSPNonce(nonce))
        assert read(answer).extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == nonce
        assert answer.cache_seconds == 0
    for nonce in (b"", b"n" * 129):
        answer = asked.ask(issued.certificate, x509.OCSPNonce(nonce))
        assert read(answer).response_status is OCSPResponseStatus.MALFORMED_REQUEST


@pytest.mark.parametrize("length", [16, 32])
def test_requests_of_one_form_each_get_their_own_nonce(asked: Asked, length: int) -> None:
    issued = asked.issue()
    first = asked.question(issued.certificate, x509.OCSPNonce(b"\x5a" * length))
    for nonce in (b"\x5a" * length, os.urandom(length), os.urandom(length)):
        answer = read(asked.responder.answer(first[:-length] + nonce))
        assert answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == nonce
    for broken in (first[:-1], first[:-length], first + b"\0", first[: -length // 2]):
        answer = read(asked.responder.answer(broken))
        assert answer.response_status is OCSPResponseStatus.MALFORMED_REQUEST
    asked.revoker.revoke(issued.serial, "superseded")
    assert status(asked.responder.answer(first)) is OCSPCertStatus.REVOKED


def test_an_answer_is_kept_and_signed_anew_in_time(asked: Asked) -> None:
    issued = asked.issue()
    first = asked.ask(issued.certificate)
    asked.ca.clock.forward(hours=11)
    assert asked.ask(issued.certificate).der == first.der
    assert asked.another().answer(asked.question(issued.certificate)).der == first.der
    asked.ca.clock.forward(hours=2)
    renewed = asked.ask(issued.certificate)
    assert renewed.this_update == asked.ca.clock()
    assert renewed.next_update == asked.ca.clock() + timedelta(hours=24)


def test_answers_are_signed_ahead(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    asked.identity(asked.ca.issuing)  # a certificate as well
    issued = [asked.issue() for _ in range(5)]
    revoked = issued[0].serial
    asked.revoker.revoke(revoked, "superseded")
    assert asked.presigner.fill() == 6
    assert asked.presigner.fill() == 0
    asked.ca.clock.forward(hours=13)
    assert asked.presigner.renew() == 6
    assert asked.presigner.renew() == 0
    # From here on the token may be away: all have been signed.
    monkeypatch.setattr("ca.ocsp.signing.response.sign_response", _token_gone)
    for one in issued:
        wanted = OCSPCertStatus.REVOKED if one.serial == revoked else OCSPCertStatus.GOOD
        assert status(asked.ask(one.certificate)) is wanted
    asked.ca.clock.forward(hours=13)  # due, but true and within its time
    assert status(asked.ask(issued[1].certificate)) is OCSPCertStatus.GOOD
    asked.revoker.revoke(issued[1].serial, "superseded")  # true no longer
    with pytest.raises(TokenGone):
        asked.ask(issued[1].certificate)


def _token_gone(*_: object) -> bytes:
    raise TokenGone("unplugged")


def test_another_processes_revocation_shows_within_a_second(asked: Asked) -> None:
    issued = asked.issue()
    question = asked.question(issued.certificate)
    asked.responder.answer(question)  # the first makes the responder's certificate, which may take a while
    asked.responder.answer(question)
    assert asked.responder.remembered(question) is not None
    Revoker(asked.ca.ledger, asked.ca.clock).revoke(issued.serial, "superseded")  # tells no responder
    until = time.monotonic() + 1
    while status(asked.responder.remembered(question) or asked.responder.answer(question)) is (
        OCSPCertStatus.GOOD
    ):
        assert time.monotonic() < until
        time.sleep(0.01)


def test_an_old_answer_that_comes_late_to_the_store_is_not_believed(asked: Asked) -> None:
    """A process reads "good", a revocation comes, and then the process stores what it signed."""
    issued = asked.issue()
    question = asked.question(issued.certificate)
    asked.responder.answer(question)
    _, good = asked.responder._store.look_up(asked.ca.issuing.key_id, issued.serial, "sha1")
    assert good is not None
    asked.revoker.revoke(issued.serial, "superseded")
    assert status(asked.responder.answer(question)) is OCSPCertStatus.REVOKED
    asked.responder._store.keep([good])
    assert status(asked.another().answer(question)) is OCSPCertStatus.REVOKED


def test_expired_certificates_are_answered_for_with_the_archive_cutoff(asked: Asked) -> None:
    issued = asked.issue()
    asked.revoker.revoke(issued.serial, "superseded")
    asked.ca.clock.forward(days=40)
    answer = read(asked.ask(issued.certificate))
    assert answer.certificate_status is OCSPCertStatus.REVOKED
    (cutoff,) = [
        one.value for one in answer.single_extensions if one.oid.dotted_string == "1.3.6.1.5.5.7.48.1.6"
    ]
    began = asked.ca.authority.certificate.not_valid_before_utc
    assert isinstance(cutoff, x509.UnrecognizedExtension)
    assert cutoff.value[2:] == began.strftime("%Y%m%d%H%M%SZ").encode()


def test_each_ca_is_answered_for_by_its_own_responder(asked: Asked, session_token: Token) -> None:
    """Rollover: what the retired CA issued is still answered for, by a responder of that CA."""
    old = asked.issue()
    ca = asked.ca
    key = TokenKeys(session_token).generate(f"second-{secrets.token_hex(3)}", KeyKind.P256)
    request = request_certificate(key, AuthorityName("测试签发 CA 二", "封桥测试"))
    certificate = sign_issuing(ca.root, request, ca.clock(), Pointers())
    second = IssuingAuthority("issuing-2", Authority(certificate, key, (ca.root.certificate,)))
    ca.authorities._known = (replace(ca.issuing, state=AuthorityState.RETIRED), second)
    new = asked.issue()
    asked.revoker.revoke(old.serial, "superseded")
    for issued, authority, wanted in (
        (old, ca.authority.certificate, OCSPCertStatus.REVOKED),
        (new, certificate, OCSPCertStatus.GOOD),
    ):
        made = ocsp.OCSPRequestBuilder().add_certificate(issued.certificate, authority, hashes.SHA1())
        answer = read(asked.responder.answer(made.build().public_bytes(Encoding.DER)))
        assert answer.certificate_status is wanted
        answer.certificates[0].verify_directly_issued_by(authority)


def test_an_answer_never_outlives_its_responders_certificate(asked: Asked) -> None:
    issued = asked.issue()
    identity = asked.identity(asked.ca.issuing)
    long_policy = OcspPolicy(validity=timedelta(days=4000))
    responder = Responder(asked.ca.engine, asked.ca.authorities, asked.identity, asked.ca.clock, long_policy)
    answer = responder.answer(asked.question(issued.certificate))
    assert answer.next_update == identity.certificate.not_valid_after_utc
    assert identity.role is Role.OCSP


def test_a_responder_renews_its_certificate_with_a_new_key(asked: Asked) -> None:
    issued = asked.issue()
    first = read(asked.ask(issued.certificate)).certificates[0]
    asked.ca.clock.now = first.not_valid_after_utc - timedelta(days=1)
    second = read(asked.ask(issued.certificate)).certificates[0]
    assert second.not_valid_after_utc > first.not_valid_after_utc
    assert second.public_key() != first.public_key()


def test_the_clock_in_an_answer_is_utc(asked: Asked) -> None:
    issued = asked.issue()
    answer = read(asked.ask(issued.certificate))
    assert answer.produced_at_utc == asked.ca.clock().replace(microsecond=0)
    assert datetime.now(UTC).tzinfo is answer.this_update_utc.tzinfo
