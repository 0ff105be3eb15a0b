"""Writing an OCSP response (RFC 6960, section 4.2), by hand: everything but the signature is a few copies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import IntEnum
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca import der
from ca.crl.encoding import REASON_CODES
from ca.hierarchy import algorithm_identifier, sign_with
from ca.status import Revocation
from hsm import PrivateKey

GOOD: Final = b"\x80\x00"
UNKNOWN: Final = b"\x82\x00"
_BASIC: Final = der.identifier("1.3.6.1.5.5.7.48.1.1")
_NONCE: Final = der.identifier("1.3.6.1.5.5.7.48.1.2")
_ARCHIVE_CUTOFF: Final = der.identifier("1.3.6.1.5.5.7.48.1.6")
_INVALIDITY_DATE: Final = der.identifier("2.5.29.24")


class ErrorStatus(IntEnum):
    """Why there is no answer (RFC 6960, section 4.2.1); such a response is not signed."""

    MALFORMED_REQUEST = 1
    INTERNAL_ERROR = 2
    TRY_LATER = 3
    UNAUTHORIZED = 6


def error_response(status: ErrorStatus) -> bytes:
    """The response that tells of an error."""
    return der.sequence(der.element(der.ENUMERATED, bytes((status,))))


def revoked(revocation: Revocation) -> bytes:
    """The status of a certificate that is revoked or suspended."""
    told = der.generalized_time(revocation.at)
    if revocation.reason in REASON_CODES:
        code = der.element(der.ENUMERATED, bytes((REASON_CODES[revocation.reason],)))
        told += der.element(0xA0, code)
    return der.element(0xA1, told)


def single(
    cert_id: bytes,
    status: bytes,
    this_update: datetime,
    next_update: datetime,
    invalidity_date: datetime | None = None,
    archive_cutoff: datetime | None = None,
) -> bytes:
    """What is said of one certificate.

    ``cert_id``: as it was asked. ``invalidity_date``: since when its key is not to be trusted (a CRL entry
    extension, RFC 6960, section 4.4.5). ``archive_cutoff``: since when the CA remembers revocations beyond a
    certificate's end (section 4.4.4).
    """
    parts = [cert_id, status, der.generalized_time(this_update)]
    parts.append(der.element(0xA0, der.generalized_time(next_update)))
    extensions = []
    if invalidity_date is not None:
        extensions.append(_extension(_INVALIDITY_DATE, der.generalized_time(invalidity_date)))
    if archive_cutoff is not None:
        extensions.append(_extension(_ARCHIVE_CUTOFF, der.generalized_time(archive_cutoff)))
    if extensions:
        parts.append(der.element(0xA1, der.sequence(*extensions)))
    return der.sequence(*parts)


def sign_response(
    key: PrivateKey,
    certificate: x509.Certificate,
    answers: Sequence[bytes],
    produced_at: datetime,
    nonce: bytes | None = None,
) -> bytes:
    """A response signed by a delegated responder, whose certificate goes with it. Raises HsmError."""
    by_key, algorithm, certificates = _of_responder(certificate)
    parts = [by_key, der.generalized_time(produced_at), der.sequence(*answers)]
    if nonce is not None:
        parts.append(der.element(0xA1, der.sequence(_extension(_NONCE, der.octets(nonce)))))
    data = der.sequence(*parts)
    basic = der.sequence(
        data,
        algorithm,
        der.bits(sign_with(key, data)),
        certificates,
    )
    successful = der.element(der.ENUMERATED, b"\0")
    return der.sequence(successful, der.element(0xA0, der.sequence(_BASIC, der.octets(basic))))


@lru_cache(maxsize=32)
def _of_responder(certificate: x509.Certificate) -> tuple[bytes, bytes, bytes]:
    """What is the same in all its answers: ResponderID by key, algorithm, and the certificate itself."""
    key_id = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    return (
        der.element(0xA2, der.octets(key_id)),
        algorithm_identifier(certificate.public_key()),  # type: ignore[arg-type]
        der.element(0xA0, der.sequence(certificate.public_bytes(Encoding.DER))),
    )


def _extension(identifier: bytes, value: bytes) -> bytes:
    return der.sequence(identifier, der.octets(value))
