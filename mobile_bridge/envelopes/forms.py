"""The two forms of envelope, by their object identifiers and algorithms."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mobile_bridge.envelopes import der


class Kind(StrEnum):
    """``auth``: AuthEnvelopedData with AES-GCM (RFC 5083, RFC 5084). ``cbc``: EnvelopedData with AES-CBC
    (RFC 5652, section 6; RFC 3565), for peers that know nothing newer: nothing in it shows a change."""

    AUTH = "auth"
    CBC = "cbc"


CONTENT_TYPES: Final = {
    Kind.AUTH: der.oid("1.2.840.113549.1.9.16.1.23"),
    Kind.CBC: der.oid("1.2.840.113549.1.7.3"),
}
DATA: Final = der.oid("1.2.840.113549.1.7.1")
SIGNED_DATA: Final = der.oid("1.2.840.113549.1.7.2")


@dataclass(frozen=True, slots=True)
class ContentCipher:
    """``oid``: DER. ``key_bytes``: the length of its keys."""

    name: str
    oid: bytes
    key_bytes: int


CIPHERS: Final = {
    Kind.AUTH: (
        ContentCipher("aes-256-gcm", der.oid("2.16.840.1.101.3.4.1.46"), 32),
        ContentCipher("aes-192-gcm", der.oid("2.16.840.1.101.3.4.1.26"), 24),
        ContentCipher("aes-128-gcm", der.oid("2.16.840.1.101.3.4.1.6"), 16),
    ),
    Kind.CBC: (
        ContentCipher("aes-256-cbc", der.oid("2.16.840.1.101.3.4.1.42"), 32),
        ContentCipher("aes-192-cbc", der.oid("2.16.840.1.101.3.4.1.22"), 24),
        ContentCipher("aes-128-cbc", der.oid("2.16.840.1.101.3.4.1.2"), 16),
    ),
}
"""What is opened; the first of each is what is written."""

BLOCK: Final = 16
TAG: Final = 16
NONCE: Final = 12
MOST_GCM: Final = 2**36 - 32
"""Most bytes under one key and nonce (NIST SP 800-38D, section 5.2.1.1)."""

CHUNK: Final = 1 << 18
"""Bytes that are worked on at a time."""
