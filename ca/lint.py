"""Certificates and lists are judged by pkilint before any key signs them.

A pkilint run costs about 2 ms, more than a P-256 signature and its two ledger writes together. Its findings
depend on the certificate's *shape* (profile, extensions, name attributes, algorithms) and on a few values. A
``Linter`` that may remember shapes runs pkilint once for each shape and checks the values of every
certificate by itself; one that may not runs pkilint on every certificate.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pkilint import loader
from pkilint.pkix import certificate as pkix
from pkilint.pkix import create_attribute_decoder, create_extension_decoder, extension, name
from pkilint.pkix import crl as pkix_crl
from pkilint.validation import ValidationFindingSeverity

from ca.errors import LintFailed

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
        self._known: set[Hashable] = set()

    def check(self, certificate: x509.Certificate, shape: Hashable = None) -> None:
        """Raises LintFailed, naming every finding.

        ``shape``: names everything that the certificate was built of but its values; None has it judged.
        """
        _check_values(certificate)
        if self._remember and shape is not None and shape in self._known:
            return
        _judge(certificate)
        if shape is not None:
            self._known.add(shape)


def check_list(crl: bytes) -> None:
    """A revocation list, DER. Raises LintFailed, naming every finding."""
    _refuse(_list_validator(), loader.load_der_crl(crl, "to be signed"))


def _judge(certificate: x509.Certificate) -> None:
    der = certificate.public_bytes(Encoding.DER)
    _refuse(_validator(), loader.load_certificate(der, "to be signed"))


def _refuse(validator: Any, document: Any) -> None:
    findings = [
        f"{finding.finding.severity.name} {finding.finding.code} {finding.message or ''}".strip()
        for result in validator.validate(document.root)
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


@lru_cache(maxsize=1)
def _list_validator() -> Any:
    decoders = [
        create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
        create_extension_decoder(extension.EXTENSION_MAPPINGS),
    ]
    return pkix_crl.create_pkix_crl_validator_container(
        decoders,
        [
            pkix_crl.create_issuer_validator_container([]),
            pkix_crl.create_validity_validator_container([]),
            pkix_crl.create_extensions_validator_container([]),
        ],
    )


def _check_values(certificate: x509.Certificate) -> None:
    serial = certificate.serial_number
    if serial <= 0 or serial.bit_length() >= _MAX_SERIAL_BYTES * 8:
        raise LintFailed("the serial number is not a positive number of at most 20 octets")
    if certificate.not_valid_before_utc >= certificate.not_valid_after_utc:
        raise LintFailed("the validity is empty")
