"""A small hierarchy of software keys: root, issuing CA, signers of every kind of key."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from ca.documents.signing import SigningIdentity
from hsm import PrivateKey

# Third parties (pdfsig, openssl) judge by the clock on the wall.
NOW = datetime.now(UTC).replace(microsecond=0)
ENTERPRISE = "临沂某某建设工程有限公司"

KEYS = {
    "rsa-2048": lambda: rsa.generate_private_key(65537, 2048),
    "p-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
}


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


@dataclass
class Issuer:
    """A CA that issues whatever a test asks of it."""

    name: str
    parent: Issuer | None = None
    key: PrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    certificate: x509.Certificate = field(init=False)

    def __post_init__(self) -> None:
        self.certificate = (self.parent or self).issue(self.name, self.key, ca=True)

    def issue(
        self,
        name: str,
        key: PrivateKey,
        *,
        ca: bool = False,
        signing: bool = True,
        begins: datetime = NOW - timedelta(days=1),
        ends: datetime = NOW + timedelta(days=30),
        serial: int | None = None,
    ) -> x509.Certificate:
        usage = x509.KeyUsage(
            digital_signature=signing and not ca,
            content_commitment=signing and not ca,
            key_encipherment=not signing,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=ca,
            crl_sign=ca,
            encipher_only=False,
            decipher_only=False,
        )
        builder = (
            x509.CertificateBuilder(_name(self.name), _name(name))
            .public_key(key.public_key())
            .serial_number(serial or x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(ends)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
            )
        )
        return builder.sign(self.key, hashes.SHA256())

    def identity(self, kind: str = "p-256", name: str = ENTERPRISE) -> SigningIdentity:
        key = KEYS[kind]()
        chain = (self.certificate,) if self.parent else ()
        return SigningIdentity(key, self.issue(name, key), chain)

    def crl(
        self, *revoked: x509.Certificate, at: datetime = NOW, next_update: datetime = NOW + timedelta(days=7)
    ) -> x509.CertificateRevocationList:
        builder = (
            x509.CertificateRevocationListBuilder(_name(self.name))
            .last_update(at - timedelta(hours=1))
            .next_update(next_update)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
            )
            .add_extension(x509.CRLNumber(1), critical=False)
        )
        for one in revoked:
            entry = x509.RevokedCertificateBuilder(one.serial_number, at - timedelta(hours=2))
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self.key, hashes.SHA256())
