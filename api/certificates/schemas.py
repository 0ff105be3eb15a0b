"""Certificates, as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import Field, SecretStr

from api.certificates.download import Downloaded
from api.certificates.service import HeldCertificate
from api.wire import Answer, Body
from ca.issuance import IssuedCertificate


class Pin(Body):
    """The PIN that will guard the key: 6 to 32 letters, digits and signs."""

    pin: SecretStr = Field(max_length=256)


class EncryptionCertificate(Answer):
    """The encryption half of a dual certificate; PEM."""

    serial: str
    certificate: str

    @classmethod
    def of(cls, issued: IssuedCertificate) -> Self:
        """The view of a certificate just issued."""
        return cls(serial=f"{issued.serial:x}", certificate=_pem([issued.certificate]))


class DownloadedCertificate(Answer):
    """``serial``: hexadecimal. ``chain``: the issuing CA's certificate, then the root's; PEM.

    ``encryption``: the second half of a dual certificate, null for a single one.
    """

    serial: str
    certificate: str
    chain: str
    encryption: EncryptionCertificate | None

    @classmethod
    def of(cls, issued: Downloaded) -> Self:
        """The view of certificates just issued."""
        second = issued.encryption
        return cls(
            serial=f"{issued.signing.serial:x}",
            certificate=_pem([issued.signing.certificate]),
            chain=_pem(issued.signing.chain),
            encryption=None if second is None else EncryptionCertificate.of(second),
        )


class CertificateView(Answer):
    """A certificate in use. ``purpose``: signing or encryption; ``state``: active, expired, suspended or
    revoked; ``sha256``: of its DER.
    """

    serial: str
    purpose: str
    state: str
    enterprise_name: str
    credit_code: str
    application_id: str
    not_before: datetime
    not_after: datetime
    issued_at: datetime
    sha256: str

    @classmethod
    def of(cls, held: HeldCertificate) -> Self:
        """The view of a held certificate."""
        return cls(**_fields(held))


class CertificateDetail(CertificateView):
    """A certificate with its PEM and its issuers'."""

    certificate: str
    chain: str

    @classmethod
    def of(cls, held: HeldCertificate) -> Self:
        """The view of a held certificate."""
        return cls(**_fields(held), certificate=_pem([held.certificate]), chain=_pem(held.chain))


def _fields(held: HeldCertificate) -> dict[str, Any]:
    holding, certificate = held.holding, held.certificate
    return {
        "serial": holding.serial,
        "purpose": holding.purpose,
        "state": held.state,
        "enterprise_name": holding.enterprise_name,
        "credit_code": holding.credit_code,
        "application_id": holding.application_id,
        "not_before": certificate.not_valid_before_utc,
        "not_after": certificate.not_valid_after_utc,
        "issued_at": holding.issued_at,
        "sha256": certificate.fingerprint(hashes.SHA256()).hex(),
    }


def _pem(certificates: Iterable[x509.Certificate]) -> str:
    return "".join(one.public_bytes(Encoding.PEM).decode() for one in certificates)
