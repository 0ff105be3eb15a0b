"""Legacy CAs and the certificates on companies' locks. The keys are software: the server is under test."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from hsm import PrivateKey, PublicKey


def name(organization: str, common_name: str, credit_code: str | None = None) -> x509.Name:
    parts = [(NameOID.COUNTRY_NAME, "CN"), (NameOID.ORGANIZATION_NAME, organization)]
    if credit_code is not None:
        parts.append((NameOID.ORGANIZATION_IDENTIFIER, f"NTRCN-{credit_code}"))
    parts.append((NameOID.COMMON_NAME, common_name))
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


@dataclass
class Lock:
    """A key and its certificate."""

    key: PrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


@dataclass
class LockCa:
    """A CA that gave locks to companies long ago."""

    title: str = "省级旧锁 CA"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    revoked: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        now = datetime.now(UTC)
        own = name(self.title, self.title)
        self.certificate = (
            x509.CertificateBuilder(own, own, self.key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(days=2000))
            .not_valid_after(now + timedelta(days=2000))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
            .add_extension(_usage(signs=False, ca=True), critical=True)
            .sign(self.key, hashes.SHA256())
        )

    def certify(
        self, public: PublicKey, organization: str, credit_code: str, *, signs: bool = True, days: int = 300
    ) -> x509.Certificate:
        """``days``: until the end of its validity; negative when it is over."""
        now = datetime.now(UTC)
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        return (
            x509.CertificateBuilder(self.certificate.subject, name(organization, organization, credit_code))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=700))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(authority, critical=False)
            .add_extension(_usage(signs=signs), critical=True)
            .sign(self.key, hashes.SHA256())
        )

    def lock(self, organization: str, credit_code: str, *, signs: bool = True, days: int = 300) -> Lock:
        key = ec.generate_private_key(ec.SECP256R1())
        return Lock(key, self.certify(key.public_key(), organization, credit_code, signs=signs, days=days))

    def publish(self, folder: Path, file: str) -> None:
        """Put certificate and revocation list where the server trusts them."""
        now = datetime.now(UTC)
        builder = x509.CertificateRevocationListBuilder(
            self.certificate.subject, now, now + timedelta(days=7)
        )
        for serial in self.revoked:
            builder = builder.add_revoked_certificate(x509.RevokedCertificateBuilder(serial, now).build())
        (folder / f"{file}.pem").write_bytes(self.certificate.public_bytes(Encoding.PEM))
        crl = builder.sign(self.key, hashes.SHA256())
        (folder / f"{file}.crl").write_bytes(crl.public_bytes(Encoding.DER))


def _usage(*, signs: bool, ca: bool = False) -> x509.KeyUsage:
    enciphers = not signs and not ca
    return x509.KeyUsage(signs, signs, enciphers, enciphers, False, ca, ca, False, False)
