from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ca.distinguished import GMT0015_CREDIT_CODE, credit_code_of, organization_of
from ca.errors import (
    LockExpired,
    LockIssuerUnknown,
    LockNotForSigning,
    LockOfOtherEnterprise,
    LockRevoked,
    LockStatusUnknown,
)
from ca.trust import LockTrust
from tests.ca.conftest import CREDIT_CODE, NOW

OTHER_CODE = "91371300MA3C0TER2G"


def name(common_name: str, *more: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    pairs = [(NameOID.COMMON_NAME, common_name), *more]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in pairs])


class LockCa:
    """A legacy CA as they are: another hierarchy, its own habits."""

    def __init__(self, common_name: str = "某省 CA") -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.subject = name(common_name)
        self.certificate = self.issue(self.subject, self.key.public_key(), ca=True, days=3650)

    def issue(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey | None = None,
        *,
        ca: bool = False,
        days: int = 365,
        signing: bool = True,
        extension: x509.ExtensionType | None = None,
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder(
                self.subject, subject, key or ec.generate_private_key(ec.SECP256R1()).public_key()
            )
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - timedelta(days=30))
            .not_valid_after(NOW + timedelta(days=days - 30))
            .add_extension(x509.BasicConstraints(ca, None), critical=True)
        )
        if not ca:
            usage = [signing, signing, not signing, *[False] * 6]
            builder = builder.add_extension(x509.KeyUsage(*usage), critical=True)
        if extension is not None:
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def crl(self, *revoked: x509.Certificate, until: datetime) -> x509.CertificateRevocationList:
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.subject)
            .last_update(NOW - timedelta(days=3))
            .next_update(until)
        )
        for one in revoked:
            entry = x509.RevokedCertificateBuilder(one.serial_number, NOW - timedelta(days=1)).build()
            builder = builder.add_revoked_certificate(entry)
        return builder.sign(self.key, hashes.SHA256())


@pytest.fixture(scope="module")
def lock_ca() -> LockCa:
    return LockCa()


@pytest.fixture(scope="module")
def lock(lock_ca: LockCa) -> x509.Certificate:
    return lock_ca.issue(
        name("阳光建设", (NameOID.ORGANIZATIONAL_UNIT_NAME, f"统一社会信用代码 {CREDIT_CODE}"))
    )


def test_a_good_lock_is_accepted(lock_ca: LockCa, lock: x509.Certificate) -> None:
    crl = lock_ca.crl(until=NOW + timedelta(days=1))
    LockTrust((lock_ca.certificate,), (crl,)).check(lock, NOW, CREDIT_CODE)


def test_each_reason_to_refuse_is_told_apart(lock_ca: LockCa, lock: x509.Certificate) -> None:
    trust = LockTrust((lock_ca.certificate,))
    with pytest.raises(LockOfOtherEnterprise):
        trust.check(lock, NOW, OTHER_CODE)
    with pytest.raises(LockOfOtherEnterprise):
        trust.check(lock_ca.issue(name("无代码")), NOW, CREDIT_CODE)
    with pytest.raises(LockExpired):
        trust.check(lock, NOW + timedelta(days=400), CREDIT_CODE)
    with pytest.raises(LockNotForSigning):
        trust.check(lock_ca.issue(lock.subject, signing=False), NOW, CREDIT_CODE)
    with pytest.raises(LockIssuerUnknown):
        LockTrust(()).check(lock, NOW, CREDIT_CODE)


def test_a_ca_of_the_same_name_and_another_key_is_not_trusted(lock: x509.Certificate) -> None:
    with pytest.raises(LockIssuerUnknown):
        LockTrust((LockCa().certificate,)).check(lock, NOW, CREDIT_CODE)


def test_a_subscriber_cannot_play_the_lock_ca(lock_ca: LockCa, lock: x509.Certificate) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    thief = LockCa()
    thief.key, thief.subject = key, lock.subject
    middle = lock_ca.issue(lock.subject, key.public_key())
    forged = thief.issue(name("冒充", (NameOID.SERIAL_NUMBER, CREDIT_CODE)))
    with pytest.raises(LockIssuerUnknown):
        LockTrust((lock_ca.certificate, middle)).check(forged, NOW, CREDIT_CODE)


def test_revocation_lists_are_obeyed_and_must_be_in_force(lock_ca: LockCa, lock: x509.Certificate) -> None:
    trusted = (lock_ca.certificate,)
    with pytest.raises(LockRevoked):
        LockTrust(trusted, (lock_ca.crl(lock, until=NOW + timedelta(days=1)),)).check(lock, NOW, CREDIT_CODE)
    with pytest.raises(LockRevoked):  # an old list still tells what it told
        LockTrust(trusted, (lock_ca.crl(lock, until=NOW - timedelta(days=1)),)).check(lock, NOW, CREDIT_CODE)
    with pytest.raises(LockStatusUnknown):
        LockTrust(trusted, (lock_ca.crl(until=NOW - timedelta(days=1)),)).check(lock, NOW, CREDIT_CODE)


def test_a_list_by_somebody_else_revokes_nothing_and_counts_as_none(
    lock_ca: LockCa, lock: x509.Certificate
) -> None:
    forged = LockCa().crl(lock, until=NOW + timedelta(days=1))
    with pytest.raises(LockStatusUnknown):
        LockTrust((lock_ca.certificate,), (forged,)).check(lock, NOW, CREDIT_CODE)


def test_trust_is_read_from_a_folder(lock_ca: LockCa, lock: x509.Certificate, tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_bytes(lock_ca.certificate.public_bytes(Encoding.PEM))
    crl = lock_ca.crl(lock, until=NOW + timedelta(days=1))
    (tmp_path / "a.crl").write_bytes(crl.public_bytes(Encoding.DER))
    with pytest.raises(LockRevoked):
        LockTrust.load(tmp_path).check(lock, NOW, CREDIT_CODE)


def extension(value: bytes) -> x509.UnrecognizedExtension:
    return x509.UnrecognizedExtension(GMT0015_CREDIT_CODE, value)


@pytest.mark.parametrize(
    "certificate",
    [
        LockCa().issue(name("甲", (NameOID.ORGANIZATION_IDENTIFIER, f"NTRCN-{CREDIT_CODE}"))),
        LockCa().issue(name("甲", (NameOID.SERIAL_NUMBER, f"JJ-{CREDIT_CODE}"))),
        LockCa().issue(name("甲", (NameOID.ORGANIZATIONAL_UNIT_NAME, CREDIT_CODE.lower()))),
        LockCa().issue(name("甲"), extension=extension(b"\x13\x12" + CREDIT_CODE.encode())),
        LockCa().issue(name("甲"), extension=extension(CREDIT_CODE.encode())),
    ],
    ids=["organizationIdentifier", "serialNumber", "OU", "GM/T 0015 PrintableString", "GM/T 0015 octets"],
)
def test_the_credit_code_is_found_where_cas_write_it(certificate: x509.Certificate) -> None:
    assert credit_code_of(certificate) == CREDIT_CODE
    assert organization_of(certificate) == "甲"
