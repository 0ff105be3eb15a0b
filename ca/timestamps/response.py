"""Writing time stamps: TSTInfo, its CMS signature, and the response (RFC 3161, 2.4.2; RFC 5652; RFC 5816)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca import der
from ca.hierarchy import algorithm_identifier, sign_with, signing_digest
from ca.timestamps.request import Failure, StampRequest
from hsm import PrivateKey

_SET: Final = 0x31
_CONTEXT_0: Final = 0xA0
_UTF8_STRING: Final = 0x0C
_GRANTED: Final = der.integer(0)
_REJECTED: Final = der.integer(2)

_TST_INFO: Final = der.identifier("1.2.840.113549.1.9.16.1.4")
_SIGNED_DATA: Final = der.identifier("1.2.840.113549.1.7.2")
_CONTENT_TYPE: Final = der.identifier("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST: Final = der.identifier("1.2.840.113549.1.9.4")
_SIGNING_CERTIFICATE: Final = der.identifier("1.2.840.113549.1.9.16.2.47")
_DIGESTS: Final = {"sha256": "2.16.840.1.101.3.4.2.1", "sha384": "2.16.840.1.101.3.4.2.2"}


def tst_info(request: StampRequest, policy: bytes, serial: int, at: datetime, accuracy_seconds: int) -> bytes:
    """What is stamped, when. ``at``: in UTC; to the millisecond."""
    accuracy = der.sequence(der.integer(accuracy_seconds))
    parts = (der.integer(1), policy, request.imprint, der.integer(serial), _time(at), accuracy)
    return der.sequence(*parts, request.nonce)


def signed(
    info: bytes, key: PrivateKey, certificate: x509.Certificate, certificates: Sequence[x509.Certificate]
) -> bytes:
    """The TimeStampToken. ``certificates``: those that it carries. Raises HsmError."""
    public = key.public_key()
    digest = getattr(signing_digest(public), "name", "sha256")
    algorithm = der.sequence(der.identifier(_DIGESTS[digest]))
    attributes = _set(
        _attribute(_CONTENT_TYPE, _TST_INFO),
        _attribute(_MESSAGE_DIGEST, der.octets(hashlib.new(digest, info).digest())),
        _attribute(_SIGNING_CERTIFICATE, _reference(certificate)),
    )
    signer = der.sequence(
        der.integer(1),
        _issuer_and_serial(certificate),
        algorithm,
        # Signed under their SET OF tag, not the [0] they travel with (RFC 5652, section 5.4).
        der.element(_CONTEXT_0, der.read(attributes).content),
        algorithm_identifier(public),
        der.octets(sign_with(key, attributes)),
    )
    carried = b"".join(sorted(_encoded(one) for one in certificates))
    content = der.sequence(
        der.integer(3),
        _set(algorithm),
        der.sequence(_TST_INFO, der.element(_CONTEXT_0, der.octets(info))),
        der.element(_CONTEXT_0, carried) if carried else b"",
        _set(signer),
    )
    return der.sequence(_SIGNED_DATA, der.element(_CONTEXT_0, content))


def granted(token: bytes) -> bytes:
    """The response with a token."""
    return der.sequence(der.sequence(_GRANTED), token)


def refused(failure: Failure, reason: str) -> bytes:
    """The response without one."""
    text = der.sequence(der.element(_UTF8_STRING, reason.encode()))
    return der.sequence(der.sequence(_REJECTED, text, _bit(failure)))


def _bit(number: int) -> bytes:
    # A named bit list ends with its last one (X.690, section 11.2.2).
    octets = bytearray(number // 8 + 1)
    octets[-1] = 0x80 >> number % 8
    return der.element(der.BIT_STRING, bytes((7 - number % 8,)) + octets)


def _time(at: datetime) -> bytes:
    # Fractions without zeros at their end (X.690, section 11.7).
    fraction = f".{at.microsecond // 1000:03d}".rstrip("0").rstrip(".")
    return der.element(der.GENERALIZED_TIME, f"{at:%Y%m%d%H%M%S}{fraction}Z".encode())


def _attribute(kind: bytes, value: bytes) -> bytes:
    return der.sequence(kind, _set(value))


def _set(*members: bytes) -> bytes:
    return der.element(_SET, b"".join(sorted(members)))


@lru_cache(maxsize=16)
def _reference(certificate: x509.Certificate) -> bytes:
    """SigningCertificateV2 with the default digest, SHA-256 (RFC 5035, section 3)."""
    digest = hashlib.sha256(_encoded(certificate)).digest()
    return der.sequence(der.sequence(der.sequence(der.octets(digest))))


@lru_cache(maxsize=16)
def _issuer_and_serial(certificate: x509.Certificate) -> bytes:
    return der.sequence(certificate.issuer.public_bytes(), der.integer(certificate.serial_number))


@lru_cache(maxsize=64)
def _encoded(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)
