"""Whether certificates that came back are what was asked for: nothing else goes on the lock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from mobile_bridge import wire
from mobile_bridge.agent.errors import CertificateUnexpected
from mobile_bridge.possession import EnrolledKeys, spki

_CLOCK_ERROR: Final = timedelta(hours=24)
"""PCs' clocks are wrong by a time zone or so; a certificate of another year is wrong itself."""
_MAX_CHAIN: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Returned:
    """Certificates, DER, that were checked; ``encryption`` is empty where one was asked for."""

    signing: bytes
    encryption: bytes


def check_returned(
    given: wire.Certificates, wanted: wire.Enrolment, keys: EnrolledKeys | None, now: datetime
) -> Returned:
    """Check what the server gave. ``keys``: those on the lock; None when the lock is asked at the writing.

    Raises CertificateUnexpected, MessageMalformed.
    """
    signing = wire.unpack(given.signing_certificate, wire.MAX_CERTIFICATE)
    encryption = b""
    if bool(given.encryption_certificate) != bool(wanted.encryption_subject):
        raise CertificateUnexpected("not as many certificates as were wanted")
    chain = _chain(given.chain)
    _check(_read(signing), chain, wanted.signing_subject, keys.signing if keys else None, now, signs=True)
    if given.encryption_certificate:
        second = keys.encryption if keys else None
        encryption = wire.unpack(given.encryption_certificate, wire.MAX_CERTIFICATE)
        _check(_read(encryption), chain, wanted.encryption_subject, second, now, signs=False)
    return Returned(signing, encryption)


def _check(
    leaf: x509.Certificate,
    chain: Sequence[x509.Certificate],
    subject: str,
    key: bytes | None,
    now: datetime,
    *,
    signs: bool,
) -> None:
    _require(key is None or spki(leaf.public_key()) == key, "another key than the one on the lock")
    _require(leaf.subject.rfc4514_string() == subject, "another subject than was shown")
    begins, ends = leaf.not_valid_before_utc - _CLOCK_ERROR, leaf.not_valid_after_utc + _CLOCK_ERROR
    _require(begins <= now <= ends, "not in force")
    _require(_usage(leaf, signs=signs), "for another use")
    for one, issuer in pairwise((leaf, *chain, chain[-1])):
        _require(_issued(one, issuer), "the chain does not hold together")


def _usage(leaf: x509.Certificate, *, signs: bool) -> bool:
    try:
        usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    signing = usage.digital_signature or usage.content_commitment
    opening = usage.key_encipherment or usage.data_encipherment or usage.key_agreement
    return not usage.key_cert_sign and (signing and not opening if signs else opening and not signing)


def _issued(one: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        one.verify_directly_issued_by(issuer)
        return issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (InvalidSignature, ValueError, TypeError, x509.ExtensionNotFound):
        return False


def _chain(pem: str) -> list[x509.Certificate]:
    _require(len(pem) <= _MAX_CHAIN, "a chain longer than any real one")
    try:
        return x509.load_pem_x509_certificates(pem.encode())
    except ValueError as error:
        raise CertificateUnexpected("no chain came with the certificate") from error


def _read(der: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(der)
    except ValueError as error:
        raise CertificateUnexpected("not a certificate") from error


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise CertificateUnexpected(otherwise)
