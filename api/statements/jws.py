"""Signing claims as a compact JWS with the signer's certificates in it (RFC 7515, RFC 7519)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from hsm import PrivateKey, PublicKey

_JWS = jwt.PyJWS(algorithms=["RS256", "ES256", "ES384", "EdDSA"])


def sign_claims(
    key: PrivateKey,
    certificate: x509.Certificate,
    issuers: Iterable[x509.Certificate],
    media_type: str,
    claims: Mapping[str, Any],
) -> str:
    """``claims`` signed with ``key``; ``typ`` and ``x5c`` of the header tell what it is and whose.

    ``issuers``: of ``certificate``, in any order; a root is left out, as a verifier must have it from
    elsewhere. Raises what the key raises, HsmError for one in a token.
    """
    header = {"typ": media_type, "x5c": certificate_chain(certificate, issuers)}
    payload = json.dumps(claims, ensure_ascii=False, separators=(",", ":")).encode()
    return _JWS.encode(payload, key, algorithm_of(key.public_key()), header)


def algorithm_of(public: PublicKey) -> str:
    """The name of what a key signs with (RFC 7518, section 3.1; RFC 8037)."""
    if isinstance(public, Ed25519PublicKey):
        return "EdDSA"
    if isinstance(public, EllipticCurvePublicKey):
        return "ES384" if public.key_size > 256 else "ES256"
    return "RS256"


def certificate_chain(certificate: x509.Certificate, issuers: Iterable[x509.Certificate]) -> list[str]:
    """Base64 of the DER of each, the signer's first and each certified by the next (RFC 7515, 4.1.6)."""
    by_name = {one.subject: one for one in issuers if one.issuer != one.subject}
    chain = [certificate]
    while (issuer := by_name.pop(chain[-1].issuer, None)) is not None:
        chain.append(issuer)
    return [base64.b64encode(one.public_bytes(Encoding.DER)).decode() for one in chain]
