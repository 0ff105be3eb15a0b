"""A company's CA lock as a legacy CA would have issued it: a token with a key and a certificate.

Run in a process of its own, because SoftHSM2 reads its folder from the environment once:
``python -m examples.demo.lock FOLDER``. It leaves lock-ca.pem, lock-ca.crl and the PIN in FOLDER.
"""

from __future__ import annotations

import os
import secrets
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from examples.demo.company import Company
from hsm import KeyKind, PublicKey, Token, TokenConfig, TokenKeys, init_token

LABEL: Final = "company-lock"
PIN_FILE: Final = "lock.pin"
_DAY: Final = timedelta(days=1)


def environment(folder: Path) -> dict[str, str]:
    """What a process needs to see the lock in ``folder`` and no other token."""
    return {**os.environ, "SOFTHSM2_CONF": str(folder / "softhsm2.conf")}


def main() -> None:
    """Make lock and legacy CA. Arguments: PKCS#11 module, folder."""
    module, folder = Path(sys.argv[1]), Path(sys.argv[2])
    pin = secrets.token_urlsafe(9)
    (folder / PIN_FILE).write_text(pin + "\n", encoding="utf-8")
    (folder / PIN_FILE).chmod(0o600)
    init_token(module, LABEL, secrets.token_urlsafe(9), pin)
    ca = _LegacyCa()
    with Token.open(TokenConfig(module, LABEL), lambda: pin) as token:
        keys = TokenKeys(token)
        public = keys.generate("signing", KeyKind.RSA_2048).public_key()
        certificate = ca.issue(Company(), public)
        token.import_certificate(
            "企业签名证书", keys.id_of("signing"), certificate.public_bytes(Encoding.DER)
        )
    (folder / "lock-ca.pem").write_bytes(ca.certificate.public_bytes(Encoding.PEM))
    (folder / "lock-ca.crl").write_bytes(ca.crl().public_bytes(Encoding.DER))


class _LegacyCa:
    """Another CA's hierarchy with its own habits: the credit code is in OU, as many write it."""

    def __init__(self) -> None:
        self._key: RSAPrivateKey = rsa.generate_private_key(65537, 2048)
        self._now = datetime.now(UTC).replace(microsecond=0)
        self._name = _name("CN", "某省数字证书认证中心", "某省数字证书认证中心 RSA CA")
        self.certificate = (
            self._builder(self._name, self._key.public_key(), 3650)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(ca=True), critical=True)
            .sign(self._key, hashes.SHA256())
        )

    def issue(self, company: Company, public: PublicKey) -> x509.Certificate:
        unit = x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, company.credit_code)
        subject = x509.Name([*_name("CN", company.name, company.name), unit])
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return (
            self._builder(subject, public, 365)
            .add_extension(issuer, critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(ca=False), critical=True)
            .sign(self._key, hashes.SHA256())
        )

    def crl(self) -> x509.CertificateRevocationList:
        return (
            x509.CertificateRevocationListBuilder(self._name, self._now, self._now + 30 * _DAY)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), False)
            .add_extension(x509.CRLNumber(1), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    def _builder(self, subject: x509.Name, public: PublicKey, days: int) -> x509.CertificateBuilder:
        return x509.CertificateBuilder(
            self._name,
            subject,
            public,
            x509.random_serial_number(),
            (self._now - _DAY).replace(tzinfo=None),
            (self._now + days * _DAY).replace(tzinfo=None),
        ).add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)


def _name(country: str, organization: str, common_name: str) -> x509.Name:
    oids = (NameOID.COUNTRY_NAME, NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)
    values = (country, organization, common_name)
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in zip(oids, values, strict=True)])


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=not ca,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


if __name__ == "__main__":
    main()
