"""A content key on its way to whoever decrypts: sealed to a one-use public key by HPKE (RFC 9180)."""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from ca.envelopes.errors import SessionKeyInvalid

SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
"""DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM: mode base, no associated data."""

_PROBE: Final = b"\0" * 16


def check_session_key(raw: bytes) -> None:
    """``raw``: 32 bytes. Raises SessionKeyInvalid; points of small order, which agree on nothing, too."""
    seal_content_key(_PROBE, raw, b"")


def seal_content_key(content_key: bytes, session_key: bytes, info: bytes) -> bytes:
    """The encapsulated key (32 bytes), then the ciphertext. ``info``: what it is for; whoever opens it must
    say the same. Raises SessionKeyInvalid."""
    try:
        return SUITE.encrypt(content_key, X25519PublicKey.from_public_bytes(session_key), info)
    except ValueError as wrong:
        raise SessionKeyInvalid("no X25519 public key") from wrong
