"""Signing a webhook in the service's name (RFC 9421), with the certificates that prove it."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from http_message_signatures import HTTPMessageSigner, HTTPSignatureAlgorithm, MappingKeyResolver
from http_message_signatures.algorithms import (
    ECDSA_P256_SHA256,
    ECDSA_P384_SHA384,
    ED25519,
    RSA_V1_5_SHA256,
)

from api.platforms.signatures import COVERED, TAG
from api.statements.jws import certificate_chain
from ca.own_certificates import OwnIdentity
from hsm import PrivateKey

CHAIN: Final = "Sealbridge-Chain"
"""Field with the signer's certificate and its issuers: base64 of the DER of each, commas between."""


@dataclass
class _Message:
    """A request as the library signs it."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)


def signed(identity: OwnIdentity, url: str, body: bytes, now: datetime) -> Mapping[str, str]:
    """The fields of a POST of ``body`` to ``url``. Raises HsmError."""
    key_id = _thumbprint(identity)
    keys = MappingKeyResolver(public_keys={}, private_keys={key_id: identity.key})
    message = _Message("POST", url, {"Content-Type": "application/json"})
    HTTPMessageSigner(signature_algorithm=_algorithm(identity.key), key_resolver=keys).sign(
        message,
        key_id=key_id,
        created=now,
        nonce=secrets.token_urlsafe(18),
        label="sealbridge",
        tag=TAG,
        covered_component_ids=COVERED,
        body=body,
    )
    chain = ", ".join(certificate_chain(identity.certificate, identity.chain))
    return message.headers | {CHAIN: chain}


def _thumbprint(identity: OwnIdentity) -> str:
    """As ``x5t#S256`` names a certificate (RFC 7515, section 4.1.8)."""
    digest = hashlib.sha256(identity.certificate.public_bytes(Encoding.DER)).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _algorithm(key: PrivateKey) -> type[HTTPSignatureAlgorithm]:
    if isinstance(key, Ed25519PrivateKey):
        return ED25519
    if isinstance(key, EllipticCurvePrivateKey):
        return ECDSA_P384_SHA384 if key.key_size > 256 else ECDSA_P256_SHA256
    return RSA_V1_5_SHA256
