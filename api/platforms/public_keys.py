"""Keys that platforms sign their calls with: Ed25519 and P-256, named by their thumbprint (RFC 7638)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

from api.platforms.errors import PublicKeyInvalid
from ca.hierarchy import spki
from ca.key_quality import check_key

VerifyingKey = Ed25519PublicKey | EllipticCurvePublicKey
_OCTETS: Final = 32


@dataclass(frozen=True, slots=True)
class CallKey:
    """A key to check calls with."""

    public: VerifyingKey

    @property
    def id(self) -> str:
        """The JWK thumbprint, which whoever has the key computes alike."""
        told = json.dumps(self.jwk, sort_keys=True, separators=(",", ":")).encode()
        return _encoded(hashlib.sha256(told).digest())

    @property
    def algorithm(self) -> str:
        """As RFC 9421, section 6.2.2, names what the key signs with."""
        return "ed25519" if isinstance(self.public, Ed25519PublicKey) else "ecdsa-p256-sha256"

    @property
    def jwk(self) -> dict[str, str]:
        """The key as a JWK (RFC 7517), with nothing but what makes it up."""
        if isinstance(self.public, Ed25519PublicKey):
            raw = self.public.public_bytes(Encoding.Raw, PublicFormat.Raw)
            return {"kty": "OKP", "crv": "Ed25519", "x": _encoded(raw)}
        numbers = self.public.public_numbers()
        x, y = (_encoded(one.to_bytes(_OCTETS, "big")) for one in (numbers.x, numbers.y))
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y}

    @property
    def der(self) -> bytes:
        """SubjectPublicKeyInfo."""
        return spki(self.public)


def from_der(der: bytes) -> CallKey:
    """A key that was registered before."""
    return _checked(load_der_public_key(der))


def from_pem(pem: str) -> CallKey:
    """Raises PublicKeyInvalid and KeyWeak."""
    if "PRIVATE KEY" in pem:
        raise PublicKeyInvalid("a private key; it must not leave the platform, make a new one")
    try:
        return _checked(load_pem_public_key(pem.encode()))
    except (ValueError, UnsupportedAlgorithm):
        raise PublicKeyInvalid("not a public key in PEM") from None


def from_jwk(jwk: Mapping[str, Any]) -> CallKey:
    """Raises PublicKeyInvalid and KeyWeak."""
    if "d" in jwk:
        raise PublicKeyInvalid("a private key; it must not leave the platform, make a new one")
    kind = (jwk.get("kty"), jwk.get("crv"))
    try:
        if kind == ("OKP", "Ed25519"):
            return _checked(Ed25519PublicKey.from_public_bytes(_decoded(jwk.get("x"))))
        if kind == ("EC", "P-256"):
            x, y = (int.from_bytes(_decoded(jwk.get(one)), "big") for one in ("x", "y"))
            return _checked(EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key())
    except ValueError:
        raise PublicKeyInvalid("coordinates that are no key") from None
    raise PublicKeyInvalid("OKP Ed25519 or EC P-256 is expected")


def _checked(public: object) -> CallKey:
    is_p256 = isinstance(public, EllipticCurvePublicKey) and isinstance(public.curve, SECP256R1)
    if not (isinstance(public, Ed25519PublicKey) or is_p256):
        raise PublicKeyInvalid("Ed25519 or P-256 is expected")
    assert isinstance(public, Ed25519PublicKey | EllipticCurvePublicKey)  # noqa: S101 - mypy cannot tell
    check_key(public)
    return CallKey(public)


def _decoded(text: object) -> bytes:
    if not isinstance(text, str):
        raise ValueError("no coordinate")
    try:
        octets = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None
    if len(octets) != _OCTETS:
        raise ValueError(f"{_OCTETS} octets are expected")
    return octets


def _encoded(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
