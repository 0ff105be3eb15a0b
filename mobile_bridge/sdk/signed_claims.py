"""Reading a compact JWS whose header carries its signer's certificates (RFC 7515, RFC 7519, RFC 8725)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from mobile_bridge.sdk.errors import NotVerified
from mobile_bridge.sdk.trust import Trust

LEEWAY: Final = timedelta(minutes=1)
"""How far the clocks of service and platform may be apart."""

_MAX_TOKEN: Final = 512 * 1024
_MAX_CHAIN: Final = 6


@dataclass(frozen=True, slots=True)
class SignedClaims:
    """Claims whose signature and chain hold, and whose they are."""

    claims: Mapping[str, Any]
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]


def read_signed_claims(
    token: str, media_type: str, trust: Trust, usages: frozenset[str], at: datetime
) -> SignedClaims:
    """Check type, algorithm, chain and signature, in that order; ``exp`` and ``iat`` against ``at``.

    The algorithm is what the certificate's key is for, never what the header chooses (RFC 8725, 3.1).
    Raises NotVerified.
    """
    header = _header(token)
    if header.get("typ") != media_type:
        raise NotVerified("malformed", f"typ is {header.get('typ')!r}, expected {media_type}")
    certificate, *between = read_chain(header.get("x5c"))
    public = certificate.public_key()
    algorithm = _algorithm_of(public)
    if header.get("alg") != algorithm:
        raise NotVerified("algorithm_refused", f"alg is {header.get('alg')!r}, the key is for {algorithm}")
    trust.check(certificate, between, usages, at)
    try:
        claims = jwt.decode(token, public, algorithms=[algorithm], options=_CHECKED_HERE)  # type: ignore[arg-type]
    except jwt.InvalidSignatureError as error:
        raise NotVerified("signature_invalid", str(error)) from error
    except jwt.PyJWTError as error:
        raise NotVerified("malformed", str(error)) from error
    _check_times(claims, at)
    return SignedClaims(claims, certificate, tuple(between))


# Of RFC 7519's claims all are checked here: PyJWT would take the time from the machine's own clock.
_CHECKED_HERE: Final[Any] = {
    f"verify_{name}": False for name in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")
}


def read_chain(listed: Any) -> tuple[x509.Certificate, ...]:
    """Certificates from an ``x5c``: base64 of DER, the signer's first. Raises NotVerified."""
    if not isinstance(listed, list) or not 1 <= len(listed) <= _MAX_CHAIN:
        raise NotVerified("malformed", "no certificates in the header")
    try:
        return tuple(x509.load_der_x509_certificate(base64.b64decode(one, validate=True)) for one in listed)
    except (binascii.Error, ValueError, TypeError) as error:
        raise NotVerified("malformed", "a certificate cannot be read") from error


def certificates_of(token: str) -> tuple[x509.Certificate, ...]:
    """What a token brings along, the signer's first; nothing is verified. Raises NotVerified."""
    return read_chain(_header(token).get("x5c"))


def _header(token: str) -> dict[str, Any]:
    if not isinstance(token, str) or len(token) > _MAX_TOKEN:
        raise NotVerified("malformed", "not a token of a sensible size")
    try:
        return dict(jwt.get_unverified_header(token))
    except jwt.PyJWTError as error:
        raise NotVerified("malformed", str(error)) from error


def _algorithm_of(public: object) -> str:
    """RFC 7518, section 3.1; RFC 8037."""
    if isinstance(public, ed25519.Ed25519PublicKey):
        return "EdDSA"
    if isinstance(public, ec.EllipticCurvePublicKey) and public.curve.name in ("secp256r1", "secp384r1"):
        return "ES256" if public.curve.name == "secp256r1" else "ES384"
    if isinstance(public, rsa.RSAPublicKey) and public.key_size >= 2048:
        return "RS256"
    raise NotVerified("algorithm_refused", "a key of a kind that is not taken here")


def _check_times(claims: Mapping[str, Any], at: datetime) -> None:
    now, leeway = at.timestamp(), LEEWAY.total_seconds()
    issued, expires = claims.get("iat"), claims.get("exp")
    if not isinstance(issued, int) or not isinstance(expires, int | None):
        raise NotVerified("malformed", "iat or exp is no number")
    if issued > now + leeway:
        raise NotVerified("expired", "said in the future")
    if expires is not None and now >= expires + leeway:
        raise NotVerified("expired", "said too long ago")
