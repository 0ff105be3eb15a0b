"""Trying a profile out, so that one by which no certificate can be made is found at the start."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from ca.distinguished import Subject, SubjectFacts
from ca.lint import Linter
from ca.profiles.model import CertificateProfile
from ca.tbs import Pointers, Validity, builder, unsigned_certificate
from hsm import PublicKey

# Somebody of whom everything is known; nothing of it leaves this module.
_FACTS: Final = SubjectFacts(
    enterprise_name="示例建设有限公司",
    credit_code="91371300MA3C0TEQ4M",
    department="投标部",
    person_name="某人",
    person_number="P-1",
    id_number="11010519491231002X",
    service_name="示例服务",
    host="bid.example",
    device="LOCK-1",
)
_POINTERS: Final = Pointers("http://ca.example/a.cer", "http://ca.example/a.crl", "http://ca.example/ocsp")
_ISSUER: Final = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "trial")])
_BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)


def try_out(profile: CertificateProfile) -> None:
    """Build a certificate for every kind of key, which nobody signs, and have it judged.

    Raises LintFailed, CaError, ValueError.
    """
    subject = Subject.of_facts(profile, _FACTS, b"trial")
    validity = Validity(_BEGIN, _BEGIN + timedelta(days=profile.max_days))
    for key in _keys(profile):
        made = builder(profile, subject.name, key, _ISSUER, key, 1, validity, _POINTERS, subject.extensions())
        Linter().check(unsigned_certificate(made, key))


def _keys(profile: CertificateProfile) -> Iterator[PublicKey]:
    for name in sorted(profile.key_algorithms):
        family, _, size = name.partition("-")
        if family == "rsa":  # no key that could be used, and made at once
            yield rsa.RSAPublicNumbers(65537, (1 << int(size)) - 1).public_key()
        elif family == "p":
            yield ec.derive_private_key(7, ec.SECP256R1() if size == "256" else ec.SECP384R1()).public_key()
        else:
            yield ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
