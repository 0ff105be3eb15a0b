"""Certificates are judged by pkilint before any key signs them.

A pkilint run costs about 2 ms, more than a P-256 signature and its two ledger writes together. Its findings
depend on the certificate's *shape* (profile, extensions, name attributes and their string types, algorithms)
and on a few values. A ``Linter`` that may remember shapes runs pkilint once for each shape and checks the
values of every certificate by itself; one that may not runs pkilint on every certificate.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID
from pkilint import loader
from pkilint.pkix import certificate as pkix
from pkilint.pkix import extension, name
from pkilint.validation import ValidationFindingSeverity

from ca.errors import LintFailed
from ca.hierarchy import algorithm_name

_BLOCKING: Final = (
    ValidationFindingSeverity.WARNING,
    ValidationFindingSeverity.ERROR,
    ValidationFindingSeverity.FATAL,
)
_MAX_SERIAL_BYTES: Final = 20  # RFC 5280, section 4.1.2.2


class Linter:
    """Refuses what breaks RFC 5280. ``remember_shapes``: see the module."""

    def __init__(self, *, remember_shapes: bool = False) -> None:
        self._remember = remember_shapes
        self._known: set[bytes] = set()

    def check(self, certificate: x509.Certificate) -> None:
        """Raises LintFailed, naming every finding."""
        _check_values(certificate)
        if not self._remember:
            _judge(certificate)
            return
        shape = _shape(certificate)
        if shape not in self._known:
            _judge(certificate)
            self._known.add(shape)


def _judge(certificate: x509.Certificate) -> None:
    document = loader.load_certificate(certificate.public_bytes(Encoding.DER), "to be signed")
    findings = [
        f"{finding.finding.severity.name} {finding.finding.code} {finding.message or ''}".strip()
        for result in _validator().validate(document.root)
        for finding in result.finding_descriptions
        if finding.finding.severity in _BLOCKING
    ]
    if findings:
        raise LintFailed("; ".join(findings))


@lru_cache(maxsize=1)
def _validator() -> Any:
    decoders = pkix.create_decoding_validators(name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS)
    return pkix.create_pkix_certificate_validator_container(
        decoders,
        [
            pkix.create_issuer_validator_container([]),
            pkix.create_validity_validator_container(),
            pkix.create_subject_validator_container([]),
            pkix.create_extensions_validator_container([]),
        ],
    )


def _check_values(certificate: x509.Certificate) -> None:
    serial = certificate.serial_number
    if serial <= 0 or serial.bit_length() >= _MAX_SERIAL_BYTES * 8:
        raise LintFailed("the serial number is not a positive number of at most 20 octets")
    if certificate.not_valid_before_utc >= certificate.not_valid_after_utc:
        raise LintFailed("the validity is empty")
    expected = x509.SubjectKeyIdentifier.from_public_key(certificate.public_key())
    if certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value != expected:
        raise LintFailed("the subject key identifier is not the key's")


def _shape(certificate: x509.Certificate) -> bytes:
    """A digest of all that does not differ between two certificates of one profile and CA.

    Left out: serial number, times, attribute values of the subject, the key's value and its identifier. The
    years decide between UTCTime and GeneralizedTime (RFC 5280, section 4.1.2.5), so that choice is kept.
    """
    digest = hashlib.sha256()
    for part in _parts(certificate):
        digest.update(len(part).to_bytes(4, "big") + part)
    return digest.digest()


def _parts(certificate: x509.Certificate) -> list[bytes]:
    times = (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    parts = [
        certificate.version.name.encode(),
        certificate.issuer.public_bytes(),
        certificate.signature_algorithm_oid.dotted_string.encode(),
        algorithm_name(certificate.public_key()).encode(),  # type: ignore[arg-type]
        bytes(time.year >= 2050 for time in times),
    ]
    parts += [
        f"{attribute.oid.dotted_string} {attribute._type.name}".encode() for attribute in certificate.subject
    ]
    for found in certificate.extensions:
        parts.append(f"{found.oid.dotted_string} {found.critical}".encode())
        if found.oid != ExtensionOID.SUBJECT_KEY_IDENTIFIER:
            parts.append(found.value.public_bytes())
    return parts
