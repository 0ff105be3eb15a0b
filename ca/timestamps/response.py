"""Writing time stamps: TSTInfo, its CMS signature, and the response (RFC 3161, 2.4.2; RFC 5652; RFC 5816)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cryptography import x509

from ca import der
from ca.hierarchy import signing_digest
from ca.signed_data import basic_attributes, explicit, signed_data, signer_info
from ca.timestamps.request import Failure, StampRequest
from hsm import PrivateKey

_UTF8_STRING: Final = 0x0C
_GRANTED: Final = der.integer(0)
_REJECTED: Final = der.integer(2)

_TST_INFO: Final = der.identifier("1.2.840.113549.1.9.16.1.4")


def tst_info(request: StampRequest, policy: bytes, serial: int, at: datetime, accuracy_seconds: int) -> bytes:
    """What is stamped, when. ``at``: in UTC; to the millisecond."""
    accuracy = der.sequence(der.integer(accuracy_seconds))
    parts = (der.integer(1), policy, request.imprint, der.integer(serial), _time(at), accuracy)
    return der.sequence(*parts, request.nonce)


def signed(
    info: bytes, key: PrivateKey, certificate: x509.Certificate, certificates: Sequence[x509.Certificate]
) -> bytes:
    """The TimeStampToken. ``certificates``: those that it carries. Raises HsmError."""
    digest = getattr(signing_digest(key), "name", "sha256")
    imprint = hashlib.new(digest, info).digest()
    signer = signer_info(key, certificate, digest, basic_attributes(_TST_INFO, imprint, certificate))
    content = der.sequence(_TST_INFO, explicit(der.octets(info)))
    return signed_data(signer, digest, certificates, content, version=3)


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
