from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Engine

from ca.authorities import Authorities, AuthorityState, IssuingAuthority
from ca.ceremony.steps import AuthorityName, request_certificate, sign_issuing
from ca.errors import (
    KeyTaken,
    ProfileRefused,
    ReasonRefused,
    RenewalRefused,
    StatusConflict,
)
from ca.hierarchy import Authority
from ca.issuance import IssuanceRequest, Issuer
from ca.lint import Linter
from ca.own_certificates import OwnCertificates, Role
from ca.profiles import shipped_profiles
from ca.renewal import Renewals
from ca.revocation import Revoker
from ca.status import Standing, standing
from ca.tbs import Pointers
from hsm import KeyKind, Token, TokenKeys
from tests.ca.conftest import SmallCa


def renewals(ca: SmallCa) -> Renewals:
    return Renewals(ca.issuer, ca.ledger, Revoker(ca.ledger, ca.clock), ca.clock)


def standing_of(ca: SmallCa, serial: int) -> Standing:
    return standing(ca.ledger.find(serial).revocation)


def test_a_signing_and_an_encryption_certificate_come_in_one_act(
    small_ca: SmallCa, a_request: IssuanceRequest
) -> None:
    encryption = replace(
        a_request,
        request_id="application-1/encryption",
        profile="enterprise-encryption",
        public_key=ec.generate_private_key(ec.SECP256R1()).public_key(),
    )
    pair = small_ca.issuer.issue_together([a_request, encryption])
    assert [small_ca.ledger.find(one.serial).profile for one in pair] == [
        "enterprise-signing",
        "enterprise-encryption",
    ]
    again = small_ca.issuer.issue_together([a_request, encryption])
    assert [one.serial for one in again] == [one.serial for one in pair]


def test_a_pair_of_which_one_half_is_refused_is_not_issued(
    small_ca: SmallCa, a_request: IssuanceRequest
) -> None:
    with pytest.raises(KeyTaken):  # one key for both
        small_ca.issuer.issue_together(
            [a_request, replace(a_request, request_id="e", profile="enterprise-encryption")]
        )
    assert small_ca.ledger.find_by_request(a_request.request_id) is None


def test_a_pair_whose_first_half_was_issued_before_is_completed(
    small_ca: SmallCa, a_request: IssuanceRequest
) -> None:
    first = small_ca.issuer.issue(a_request)
    second = replace(
        a_request, request_id="second", public_key=ec.generate_private_key(ec.SECP256R1()).public_key()
    )
    pair = small_ca.issuer.issue_together([a_request, second])
    assert pair[0].serial == first.serial
    assert small_ca.ledger.find_by_request("second") is not None


def test_renewal_with_the_same_key_leaves_the_present_certificate(
    small_ca: SmallCa, a_request: IssuanceRequest
) -> None:
    old = small_ca.issuer.issue(a_request)
    small_ca.clock.forward(days=25)
    new = renewals(small_ca).renew(old.serial, "renewal-1", days=30)
    assert new.certificate.subject == old.certificate.subject
    assert new.certificate.public_key() == old.certificate.public_key()
    assert new.certificate.not_valid_after_utc > old.certificate.not_valid_after_utc
    assert small_ca.ledger.find(new.serial).replaces == old.serial
    assert standing_of(small_ca, old.serial) is Standing.GOOD


def test_what_has_no_force_is_not_renewed(small_ca: SmallCa, a_request: IssuanceRequest) -> None:
    revoker = Revoker(small_ca.ledger, small_ca.clock)
    old = small_ca.issuer.issue(a_request)
    revoker.suspend(old.serial)
    with pytest.raises(RenewalRefused):
        renewals(small_ca).renew(old.serial, "renewal-1")
    revoker.release(old.serial)
    small_ca.clock.forward(days=31)
    with pytest.raises(RenewalRefused):
        renewals(small_ca).renew(old.serial, "renewal-1")


def test_replacing_a_key_revokes_the_old_certificate_and_may_be_repeated(
    small_ca: SmallCa, a_request: IssuanceRequest
) -> None:
    old = small_ca.issuer.issue(a_request)
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    new = renewals(small_ca).replace(old.serial, "pin-reset-1", key)
    assert standing_of(small_ca, old.serial) is Standing.REVOKED
    assert new.certificate.not_valid_after_utc <= old.certificate.not_valid_after_utc
    assert renewals(small_ca).replace(old.serial, "pin-reset-1", key).serial == new.serial
    with pytest.raises(RenewalRefused):
        renewals(small_ca).replace(old.serial, "pin-reset-2", key)


def test_a_compromised_key_is_never_certified_again(small_ca: SmallCa, a_request: IssuanceRequest) -> None:
    issued = small_ca.issuer.issue(a_request)
    Revoker(small_ca.ledger, small_ca.clock).revoke(issued.serial, "key_compromise")
    with pytest.raises(KeyTaken):
        small_ca.issuer.issue(replace(a_request, request_id="application-2"))


def test_every_move_of_a_certificate_and_no_other(small_ca: SmallCa, a_request: IssuanceRequest) -> None:
    revoker = Revoker(small_ca.ledger, small_ca.clock)
    serial = small_ca.issuer.issue(a_request).serial
    with pytest.raises(StatusConflict):
        revoker.release(serial)
    assert standing(revoker.suspend(serial).revocation) is Standing.GOOD
    assert standing_of(small_ca, serial) is Standing.SUSPENDED
    with pytest.raises(StatusConflict):
        revoker.suspend(serial)
    revoker.release(serial)
    assert standing_of(small_ca, serial) is Standing.GOOD
    revoker.suspend(serial)
    since = small_ca.clock() - timedelta(days=2)
    revoker.revoke(serial, "key_compromise", since)
    found = small_ca.ledger.find(serial)
    assert (found.reason, found.invalidity_date) == ("key_compromise", since)
    for act in (revoker.suspend, revoker.release):
        with pytest.raises(StatusConflict):
            act(serial)


@pytest.mark.parametrize("reason", ["certificate_hold", "remove_from_crl", "ca_compromise", "", "boredom"])
def test_a_reason_that_no_subscriber_has_is_refused(
    small_ca: SmallCa, a_request: IssuanceRequest, reason: str
) -> None:
    serial = small_ca.issuer.issue(a_request).serial
    with pytest.raises(ReasonRefused):
        Revoker(small_ca.ledger, small_ca.clock).revoke(serial, reason)
    with pytest.raises(ReasonRefused):
        Revoker(small_ca.ledger, small_ca.clock).revoke(
            serial, "superseded", small_ca.clock() + timedelta(days=1)
        )
    assert standing_of(small_ca, serial) is Standing.GOOD


def own(ca: SmallCa, token: Token, authorities: Authorities | None = None) -> OwnCertificates:
    known = authorities or ca.authorities
    issuer = Issuer(known, shipped_profiles(), ca.ledger, Linter(), ca.clock)
    return OwnCertificates(ca.engine, known, issuer, TokenKeys(token), ca.clock, "封桥测试")


def test_the_ca_makes_and_renews_the_certificates_it_serves_with(small_ca: SmallCa, token: Token) -> None:
    keeper = own(small_ca, token)
    first = keeper.current(Role.OCSP)
    assert own(small_ca, token).current(Role.OCSP).certificate == first.certificate  # after a restart too
    small_ca.clock.now = first.renew_at + timedelta(minutes=1)
    second = keeper.current(Role.OCSP)
    assert second.certificate.not_valid_after_utc > first.certificate.not_valid_after_utc
    assert second.certificate.public_key() != first.certificate.public_key()
    small_ca.clock.now = first.certificate.not_valid_after_utc + timedelta(days=2)
    assert keeper.destroy_expired() == ["ocsp-issuing-1-1"]
    assert "ocsp-issuing-1-1" not in TokenKeys(token).labels()


def test_a_renewal_that_fails_leaves_the_present_certificate_in_use(small_ca: SmallCa, token: Token) -> None:
    first = own(small_ca, token).current(Role.OCSP)
    small_ca.clock.now = first.renew_at + timedelta(minutes=1)
    strict = {
        "ocsp-responder": replace(
            shipped_profiles()["ocsp-responder"], key_algorithms=frozenset({"rsa-4096"})
        )
    }
    issuer = Issuer(small_ca.authorities, strict, small_ca.ledger, Linter(), small_ca.clock)
    keeper = OwnCertificates(
        small_ca.engine, small_ca.authorities, issuer, TokenKeys(token), small_ca.clock, "封桥测试"
    )
    assert keeper.current(Role.OCSP).certificate == first.certificate
    small_ca.clock.now = first.certificate.not_valid_after_utc + timedelta(minutes=1)
    with pytest.raises(ProfileRefused):
        keeper.current(Role.OCSP)


@pytest.mark.parametrize("act", ["revoke", "suspend"])
def test_an_own_certificate_that_was_revoked_is_used_no_more(
    small_ca: SmallCa, token: Token, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    monkeypatch.setattr("ca.own_certificates._FRESH_SECONDS", 0.0)
    keeper, other = own(small_ca, token), own(small_ca, token)  # another process
    first = keeper.current(Role.TIME_STAMPING)
    assert other.current(Role.TIME_STAMPING).certificate == first.certificate
    revoker = Revoker(small_ca.ledger, small_ca.clock)
    if act == "revoke":
        revoker.revoke(first.certificate.serial_number, "key_compromise")
    else:
        revoker.suspend(first.certificate.serial_number)
    second = keeper.current(Role.TIME_STAMPING)
    assert second.certificate.public_key() != first.certificate.public_key()
    assert other.current(Role.TIME_STAMPING).certificate == second.certificate
    assert own(small_ca, token).current(Role.TIME_STAMPING).certificate == second.certificate
    assert standing_of(small_ca, second.certificate.serial_number) is Standing.GOOD


def test_a_revoked_own_certificate_is_not_used_when_the_next_cannot_be_made(
    small_ca: SmallCa, token: Token
) -> None:
    first = own(small_ca, token).current(Role.AUDIT)
    Revoker(small_ca.ledger, small_ca.clock).revoke(first.certificate.serial_number, "key_compromise")
    none = {
        "audit-signer": replace(shipped_profiles()["audit-signer"], key_algorithms=frozenset({"rsa-4096"}))
    }
    issuer = Issuer(small_ca.authorities, none, small_ca.ledger, Linter(), small_ca.clock)
    where = (small_ca.engine, small_ca.authorities, issuer, TokenKeys(token), small_ca.clock)
    with pytest.raises(ProfileRefused):
        OwnCertificates(*where, "封桥测试").current(Role.AUDIT)


def test_a_second_ca_takes_over_and_the_first_still_answers(
    small_ca: SmallCa, a_request: IssuanceRequest, token: Token, engine: Engine
) -> None:
    key = TokenKeys(token).generate("issuing-2", KeyKind.P256)
    request = request_certificate(key, AuthorityName("测试签发 CA 2", "封桥测试"))
    second = Authority(
        sign_issuing(small_ca.root, request, small_ca.clock(), Pointers()), key, small_ca.authority.chain
    )
    old = small_ca.issuer.issue(a_request)
    retired = replace(small_ca.issuing, state=AuthorityState.RETIRED)
    both = Authorities([retired, IssuingAuthority("issuing-2", second)])
    issuer = Issuer(both, shipped_profiles(), small_ca.ledger, Linter(), small_ca.clock)
    new = issuer.issue(replace(a_request, request_id="application-2"))
    new.certificate.verify_directly_issued_by(second.certificate)
    again = issuer.issue(a_request)  # asked again: the chain is that of the CA which signed then
    assert again.serial == old.serial
    again.certificate.verify_directly_issued_by(again.chain[0])
    for issuing in both.all():
        responder = own(small_ca, token, both).current(Role.OCSP, issuing)
        responder.certificate.verify_directly_issued_by(issuing.authority.certificate)
        usages = responder.certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        assert list(usages) == [x509.oid.ExtendedKeyUsageOID.OCSP_SIGNING]
