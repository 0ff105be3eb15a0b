"""Whether a certificate on a company's lock, from a legacy CA, may sign for an enterprise.

Lock CAs are trusted one by one, by configuration; their roots need not be ours. What is asked here is little
and strict: issued by a trusted lock CA, in force, not revoked, for signatures, and of this enterprise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from ca.distinguished import credit_code_of
from ca.errors import (
    LockExpired,
    LockIssuerUnknown,
    LockNotForSigning,
    LockOfOtherEnterprise,
    LockRefused,
    LockRevoked,
    LockStatusUnknown,
)


@dataclass(frozen=True, slots=True)
class LockTrust:
    """The lock CAs an operator trusts, with the newest revocation list of each where it has one.

    A CA that gave a list before must go on giving them: with an outdated list nothing is accepted.
    """

    cas: tuple[x509.Certificate, ...]
    crls: tuple[x509.CertificateRevocationList, ...] = ()

    @classmethod
    def load(cls, folder: Path) -> LockTrust:
        """Certificates from ``*.pem`` and lists from ``*.crl`` (DER or PEM) in a folder."""
        cas = tuple(
            certificate
            for path in sorted(folder.glob("*.pem"))
            for certificate in x509.load_pem_x509_certificates(path.read_bytes())
        )
        return cls(cas, tuple(_load_crl(path.read_bytes()) for path in sorted(folder.glob("*.crl"))))

    def check(self, certificate: x509.Certificate, at: datetime, credit_code: str) -> None:
        """Raises a LockRefused that says which of the conditions fails."""
        _check_readable(certificate)
        issuer = self._issuer_of(certificate)
        for one in (certificate, issuer):
            if not one.not_valid_before_utc <= at <= one.not_valid_after_utc:
                raise LockExpired(f"{one.subject.rfc4514_string()} is outside its validity")
        self._check_revocation(certificate, issuer, at)
        _check_usage(certificate)
        if credit_code_of(certificate) != credit_code:
            raise LockOfOtherEnterprise("the lock's certificate names another enterprise or none")

    def chain_of(self, certificate: x509.Certificate) -> tuple[x509.Certificate, ...]:
        """The trusted CA that issued the certificate. Raises LockIssuerUnknown."""
        return (self._issuer_of(certificate),)

    def _issuer_of(self, certificate: x509.Certificate) -> x509.Certificate:
        for ca in self.cas:
            if ca.subject == certificate.issuer and _signed_by(certificate, ca):
                return ca
        raise LockIssuerUnknown(f"{certificate.issuer.rfc4514_string()} is not a trusted lock CA")

    def _check_revocation(
        self, certificate: x509.Certificate, issuer: x509.Certificate, at: datetime
    ) -> None:
        named = [crl for crl in self.crls if crl.issuer == issuer.subject]
        lists = [crl for crl in named if _crl_by(crl, issuer) and _is_complete(crl)]
        if any(_names(crl, certificate) for crl in lists):
            raise LockRevoked(f"certificate {certificate.serial_number:x} is on its CA's revocation list")
        # A list that is at hand and cannot be used is as good as an outdated one: nothing is accepted. RFC
        # 5280, section 5.1.2.5: nextUpdate must be there; a list without it is taken as outdated too.
        if named and not any(crl.next_update_utc is not None and at <= crl.next_update_utc for crl in lists):
            raise LockStatusUnknown("the lock CA's revocation list is out of date or cannot be used")


def _signed_by(certificate: x509.Certificate, ca: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(ca)
        constraints = ca.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (InvalidSignature, ValueError, TypeError, x509.ExtensionNotFound):
        return False
    return constraints.ca and _may(ca, "key_cert_sign")


def _may(ca: x509.Certificate, usage: str) -> bool:
    """Whether a CA's key may be used so; without the extension it may (RFC 5280, section 4.2.1.3)."""
    try:
        allowed: bool = getattr(ca.extensions.get_extension_for_class(x509.KeyUsage).value, usage)
    except x509.ExtensionNotFound:
        return True
    return allowed


def _crl_by(crl: x509.CertificateRevocationList, ca: x509.Certificate) -> bool:
    try:
        signed = crl.is_signature_valid(ca.public_key())  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return signed and _may(ca, "crl_sign")


def _is_complete(crl: x509.CertificateRevocationList) -> bool:
    """Whether a list tells of all end entities and all reasons. Delta and partial lists do not, nor do those
    with critical extensions that nobody here knows (RFC 5280, section 5.2)."""
    try:
        extensions = [*crl.extensions, *(one for entry in crl for one in entry.extensions)]
    except ValueError:
        return False
    return all(_leaves_complete(one) for one in extensions)


def _leaves_complete(extension: x509.Extension[x509.ExtensionType]) -> bool:
    value = extension.value
    if isinstance(value, x509.IssuingDistributionPoint):
        partial = value.only_contains_ca_certs or value.only_contains_attribute_certs or value.indirect_crl
        return not partial and value.only_some_reasons is None and value.full_name is not None
    if isinstance(value, x509.DeltaCRLIndicator):
        return False
    return not (extension.critical and isinstance(value, x509.UnrecognizedExtension))


def _names(crl: x509.CertificateRevocationList, certificate: x509.Certificate) -> bool:
    return crl.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None


def _check_readable(certificate: x509.Certificate) -> None:
    """What cannot be read whole, or asks for what is not known here, is not relied on (RFC 5280, 4.2)."""
    try:
        readable = certificate.serial_number >= 0
        extensions = list(certificate.extensions)
    except ValueError as error:
        raise LockRefused(f"the certificate breaks RFC 5280: {error}") from error
    unknown = [
        one for one in extensions if one.critical and isinstance(one.value, x509.UnrecognizedExtension)
    ]
    if unknown or not readable:
        raise LockRefused("the certificate has a critical extension that is not known here")


def _check_usage(certificate: x509.Certificate) -> None:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return  # RFC 5280, section 4.2.1.3: without the extension the key is not restricted
    if not (usage.digital_signature or usage.content_commitment):
        raise LockNotForSigning("the key usage allows no signatures")


def _load_crl(data: bytes) -> x509.CertificateRevocationList:
    if data.lstrip().startswith(b"-----BEGIN"):
        return x509.load_pem_x509_crl(data)
    return x509.load_der_x509_crl(data)
