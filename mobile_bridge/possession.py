"""Proof that a key which only decrypts is where its public half comes from, and what of it people compare.

A key that signs proves itself by signing its own request (RFC 2986, section 3). One that opens envelopes
cannot; it opens a challenge instead (RFC 4210, section 5.2.8.3): a secret encrypted to it with
RSAES-PKCS1-v1_5, which every lock decrypts, or agreed on by ECDH with a one-use key. What is sent back is a
MAC under the secret over all that the proof is for. Both halves of the bridge compute it here.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mobile_bridge.errors import MessageMalformed

_PURPOSE: Final = b"sealbridge lock enrolment, proof of possession"
_SECRET_BYTES: Final = 32
_CHECK_DIGITS: Final = 8


@dataclass(frozen=True, slots=True)
class EnrolledKeys:
    """The public keys of one enrolment, DER SubjectPublicKeyInfo. ``encryption``: empty for a single one."""

    reference: str
    signing: bytes
    encryption: bytes = b""

    @property
    def digest(self) -> str:
        """SHA-256 over the reference and the digests of both keys, hexadecimal."""
        parts = (self.reference.encode(), self.signing, self.encryption)
        return hashlib.sha256(b"".join(hashlib.sha256(one).digest() for one in parts)).hexdigest()

    @property
    def check(self) -> str:
        """What a person compares on phone and PC: eight digits, ``1234 5678``."""
        digits = f"{int(self.digest, 16) % 10**_CHECK_DIGITS:0{_CHECK_DIGITS}d}"
        return f"{digits[:4]} {digits[4:]}"


def challenge_for(public: object) -> tuple[bytes, bytes]:
    """A challenge that only the holder of the private half opens, and the secret in it.

    Raises MessageMalformed for a key that can open nothing.
    """
    if isinstance(public, RSAPublicKey):
        secret = secrets.token_bytes(_SECRET_BYTES)
        return public.encrypt(secret, padding.PKCS1v15()), secret
    if isinstance(public, EllipticCurvePublicKey):
        once = ec.generate_private_key(public.curve)
        point = once.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return point, _derived(once.exchange(ec.ECDH(), public), point)
    raise MessageMalformed(f"{type(public).__name__} opens no envelopes")


def open_challenge(private: object, challenge: bytes) -> bytes:
    """The secret in a challenge. Raises MessageMalformed, and what the key raises."""
    if isinstance(private, RSAPrivateKey):
        return private.decrypt(challenge, padding.PKCS1v15())
    if isinstance(private, EllipticCurvePrivateKey):
        try:
            point = EllipticCurvePublicKey.from_encoded_point(private.curve, challenge)
        except ValueError as error:
            raise MessageMalformed("the challenge is no point of the curve") from error
        return _derived(private.exchange(ec.ECDH(), point), challenge)
    raise MessageMalformed(f"{type(private).__name__} opens no envelopes")


def proof_of(secret: bytes, keys: EnrolledKeys) -> str:
    """What whoever opened the challenge sends back, hexadecimal."""
    return hmac.new(secret, _PURPOSE + bytes.fromhex(keys.digest), hashlib.sha256).hexdigest()


def spki(public: object) -> bytes:
    """DER SubjectPublicKeyInfo."""
    made: bytes = public.public_bytes(  # type: ignore[attr-defined]
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )
    return made


def _derived(shared: bytes, point: bytes) -> bytes:
    return HKDF(hashes.SHA256(), _SECRET_BYTES, salt=point, info=_PURPOSE).derive(shared)
