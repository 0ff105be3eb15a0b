"""What a company's lock holds, as a software key, where a test is about the server alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ca.documents.cms_making import SigningIdentity, sign_cms
from ca.documents.hole import find_hole
from hsm import PrivateKey, PublicKey
from tests.mobile_bridge.forms import ENTERPRISE


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ENTERPRISE),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def lock_certificate(
    public: PublicKey, common_name: str = ENTERPRISE, *, signs: bool = True, days: int = 365
) -> x509.Certificate:
    """A lock's certificate from a CA made for it; ``days``: until it ends, negative when it has."""
    now = datetime.now(UTC).replace(microsecond=0)
    usage = x509.KeyUsage(signs, signs, not signs, not signs, False, False, False, False, False)
    issuer = ec.generate_private_key(ec.SECP256R1())
    return (
        x509.CertificateBuilder(_name("旧版锁 CA"), _name(common_name))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(issuer, hashes.SHA256())
    )


class SoftLock:
    """Signs prepared documents as the agent does."""

    def __init__(self) -> None:
        self._key: PrivateKey = ec.generate_private_key(ec.SECP256R1())
        self._certificate = lock_certificate(self._key.public_key())
        self.der = self._certificate.public_bytes(Encoding.DER)

    def sign(self, document: bytes) -> bytes:
        digest = find_hole(document).digest(document, hashes.SHA256())
        return sign_cms(SigningIdentity(self._key, self._certificate), digest, hashes.SHA256())
