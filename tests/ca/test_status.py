from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from ca.crl import CrlPolicy, CrlPublisher
from ca.errors import AlreadyRevoked, CertificateUnknown
from ca.issuance import IssuanceRequest
from ca.revocation import Revoker
from tests.ca.conftest import SmallCa
from tests.ca.judges import openssl_verify


def publisher(ca: SmallCa) -> CrlPublisher:
    return CrlPublisher(ca.engine, ca.ledger, ca.authority, CrlPolicy(timedelta(days=7), timedelta(days=4)))


def test_a_revoked_certificate_is_refused_by_third_parties(
    small_ca: SmallCa, a_request: IssuanceRequest, tmp_path: Path
) -> None:
    issued = small_ca.issuer.issue(a_request)
    Revoker(small_ca.ledger, small_ca.clock).revoke(issued.serial, "key_compromise")
    code, said = openssl_verify(
        tmp_path, issued.certificate, issued.chain, publisher(small_ca).publish(small_ca.clock())
    )
    assert code != 0
    assert "certificate revoked" in said


def test_a_list_is_reused_until_the_next_is_due(small_ca: SmallCa) -> None:
    lists = publisher(small_ca)
    first = lists.current(small_ca.clock())
    small_ca.clock.forward(days=2)
    assert lists.current(small_ca.clock()) == first
    small_ca.clock.forward(days=2)
    second = x509.load_der_x509_crl(lists.current(small_ca.clock()))
    assert second.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 2
    assert second.is_signature_valid(small_ca.authority.key.public_key())


def test_expired_certificates_leave_the_list(small_ca: SmallCa, a_request: IssuanceRequest) -> None:
    issued = small_ca.issuer.issue(a_request)
    Revoker(small_ca.ledger, small_ca.clock).revoke(issued.serial, "superseded")
    lists = publisher(small_ca)
    assert len(x509.load_der_x509_crl(lists.publish(small_ca.clock()))) == 1
    small_ca.clock.forward(days=31)
    assert len(x509.load_der_x509_crl(lists.publish(small_ca.clock()))) == 0


def test_revoking_again_or_the_unknown_is_refused(small_ca: SmallCa, a_request: IssuanceRequest) -> None:
    issued = small_ca.issuer.issue(a_request)
    Revoker(small_ca.ledger, small_ca.clock).revoke(issued.serial, "superseded")
    first = small_ca.ledger.find(issued.serial).revoked_at
    small_ca.clock.forward(hours=1)
    with pytest.raises(AlreadyRevoked):
        Revoker(small_ca.ledger, small_ca.clock).revoke(issued.serial, "key_compromise")
    assert small_ca.ledger.find(issued.serial).revoked_at == first
    with pytest.raises(CertificateUnknown):
        Revoker(small_ca.ledger, small_ca.clock).revoke(12345, "superseded")
