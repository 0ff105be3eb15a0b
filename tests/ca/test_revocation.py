from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from sqlalchemy import Connection, select

from ca.audit.journal import Journal
from ca.audit.tables import entry
from ca.errors import AlreadyRevoked, CertificateUnknown, ProfileRefused, ReasonRefused, StatusConflict
from ca.issuance import IssuanceRequest, IssuedCertificate, Issuer
from ca.lint import Linter
from ca.profiles import shipped_profiles
from ca.revocation import Revoker
from ca.status import Standing, standing
from ca.tables import certificate
from tests.ca.conftest import SmallCa


@pytest.fixture
def revoker(small_ca: SmallCa) -> Revoker:
    return Revoker(small_ca.ledger, small_ca.clock)


@pytest.fixture
def issued(small_ca: SmallCa, a_request: IssuanceRequest) -> IssuedCertificate:
    return small_ca.issuer.issue(a_request)


def test_revoking_again_or_the_unknown_is_refused(
    small_ca: SmallCa, revoker: Revoker, issued: IssuedCertificate
) -> None:
    revoker.revoke(issued.serial, "superseded")
    first = small_ca.ledger.find(issued.serial).revoked_at
    small_ca.clock.forward(hours=1)
    with pytest.raises(AlreadyRevoked):
        revoker.revoke(issued.serial, "key_compromise")
    assert small_ca.ledger.find(issued.serial).revoked_at == first
    with pytest.raises(CertificateUnknown):
        revoker.revoke(12345, "superseded")


def test_what_is_suspended_can_be_released_or_revoked(
    small_ca: SmallCa, revoker: Revoker, issued: IssuedCertificate
) -> None:
    revoker.suspend(issued.serial)
    assert standing(small_ca.ledger.find(issued.serial).revocation) is Standing.SUSPENDED
    with pytest.raises(StatusConflict):
        revoker.suspend(issued.serial)
    revoker.release(issued.serial)
    assert standing(small_ca.ledger.find(issued.serial).revocation) is Standing.GOOD
    with pytest.raises(StatusConflict):
        revoker.release(issued.serial)
    revoker.suspend(issued.serial)
    revoker.revoke(issued.serial, "key_compromise")
    with pytest.raises(AlreadyRevoked):
        revoker.release(issued.serial)


@pytest.mark.parametrize("reason", ["", "certificate_hold", "remove_from_crl", "ca_compromise", "because"])
def test_reasons_that_are_not_a_subscribers_are_refused(
    revoker: Revoker, issued: IssuedCertificate, reason: str
) -> None:
    with pytest.raises(ReasonRefused):
        revoker.revoke(issued.serial, reason)


def test_since_when_a_key_is_not_to_be_trusted_is_told(
    small_ca: SmallCa, revoker: Revoker, issued: IssuedCertificate
) -> None:
    since = small_ca.clock() - timedelta(days=3)
    with pytest.raises(ReasonRefused):
        revoker.revoke(issued.serial, "key_compromise", small_ca.clock() + timedelta(hours=1))
    revoker.revoke(issued.serial, "key_compromise", since)
    (entry,) = small_ca.list()
    assert entry.revocation_date_utc == small_ca.clock()
    assert entry.extensions.get_extension_for_class(x509.InvalidityDate).value.invalidity_date_utc == since


def test_what_is_refused_is_in_the_journal_without_personal_data(
    small_ca: SmallCa, a_request: IssuanceRequest
) -> None:
    journal = Journal(small_ca.engine, "here", small_ca.clock)
    profiles = shipped_profiles()
    issuer = Issuer(
        small_ca.authorities, profiles, small_ca.ledger, Linter(), small_ca.clock, journal=journal
    )
    revoker = Revoker(small_ca.ledger, small_ca.clock, journal=journal)
    issued = issuer.issue(a_request)
    with pytest.raises(ProfileRefused):
        issuer.issue(replace(a_request, request_id="application/2", validity_days=99999))
    with pytest.raises(ReasonRefused):
        revoker.revoke(issued.serial, "boredom")
    with pytest.raises(StatusConflict):
        revoker.release(issued.serial)
    with small_ca.engine.connect() as connection:
        lines = [json.loads(one) for one in connection.execute(select(entry.c.line)).scalars()]
    assert [(one["action"], one["subject"], one["outcome"], one["code"]) for one in lines] == [
        ("certificate.issued", "application/2", "refused", "profile_refused"),
        ("certificate.revoked", f"{issued.serial:x}", "refused", "revocation_reason_invalid"),
        ("certificate.released", f"{issued.serial:x}", "refused", "certificate_status_conflict"),
    ]
    assert "阳光" not in str(lines)


def test_what_belongs_to_an_act_is_kept_with_it_or_not_at_all(
    small_ca: SmallCa, revoker: Revoker, issued: IssuedCertificate
) -> None:
    def fail(_: Connection) -> None:
        raise RuntimeError("a crash before the commit")

    for act in (
        lambda: revoker.suspend(issued.serial, also=fail),
        lambda: revoker.revoke(issued.serial, "superseded", also=fail),
    ):
        with pytest.raises(RuntimeError):
            act()
        assert small_ca.ledger.find(issued.serial).revocation is None
    seen: list[datetime] = []
    at = select(certificate.c.revoked_at)
    revoker.suspend(issued.serial, also=lambda tx: seen.append(tx.execute(at).scalar_one()))
    assert seen == [small_ca.ledger.find(issued.serial).revoked_at]
