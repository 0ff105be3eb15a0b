"""Sealing small secrets, such as data keys, so that only this token opens them again.

key = HMAC-SHA256 by a non-extractable token key over purpose and salt; the secret is sealed with AES-256-GCM
under it. Every token that can guard subscribers' keys has this mechanism, and needs no right to wrap or to
let a secret out: the data key itself is never an object of the token.
"""

from __future__ import annotations

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pkcs11 import KeyType, Mechanism, MechanismFlag

from hsm.errors import KeyDamaged, MechanismMissing
from hsm.token import Token
from hsm.wrapping import ensure_secret_key

_PURPOSE: Final = b"sealbridge secret seal v1\0"
_VERSION: Final = b"\x01"
_SALT, _NONCE = 32, 12


class SecretSeal:
    """Seals and opens under one token's HMAC key ``label``, which is made when it is not there."""

    def __init__(self, token: Token, label: str) -> None:
        if not token.supports(Mechanism.SHA256_HMAC):
            raise MechanismMissing(f"{token.info.label} does not offer SHA256_HMAC")
        self._token = token
        self._label = label

    def ensure_key(self) -> None:
        """Make the HMAC key when the token does not have it yet."""
        ensure_secret_key(
            self._token, self._label, KeyType.GENERIC_SECRET, MechanismFlag.SIGN | MechanismFlag.VERIFY
        )

    def seal(self, secret: bytes, bound_to: bytes) -> bytes:
        """Opens again on this token and with the same ``bound_to`` only."""
        salt, nonce = secrets.token_bytes(_SALT), secrets.token_bytes(_NONCE)
        return _VERSION + salt + nonce + AESGCM(self._key(salt)).encrypt(nonce, secret, bound_to)

    def open(self, sealed: bytes, bound_to: bytes) -> bytes:
        """The secret. Raises KeyDamaged (changed, of another token, bound to something else), KeyNotFound."""
        start = len(_VERSION) + _SALT
        salt, nonce, ciphertext = sealed[1:start], sealed[start : start + _NONCE], sealed[start + _NONCE :]
        if sealed[:1] != _VERSION or not ciphertext:
            raise KeyDamaged("not a sealed secret")
        try:
            return AESGCM(self._key(salt)).decrypt(nonce, ciphertext, bound_to)
        except (InvalidTag, ValueError):
            raise KeyDamaged("the sealed secret does not open on this token") from None

    def _key(self, salt: bytes) -> bytes:
        return self._token.run(
            lambda session: bytes(
                session.secret_key(self._label).sign(_PURPOSE + salt, mechanism=Mechanism.SHA256_HMAC)
            )
        )
