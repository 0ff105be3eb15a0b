"""Sealing bytes under a person's PIN so that only this token, given that PIN, opens them.

key = HMAC-SHA256 by a non-extractable token key over Argon2id(PIN, salt); the bytes are sealed with
AES-256-GCM under it. A stolen database cannot be searched for PINs without the token, and whoever holds
the token still has to know the PIN.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import ClassVar, Final

from asn1crypto import core
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from pkcs11 import KeyType, Mechanism, MechanismFlag

from hsm.errors import KeyDamaged, MechanismMissing, PinIncorrect
from hsm.token import Token
from hsm.wrapping import ensure_secret_key

_PURPOSE: Final = b"sealbridge pin seal v1\0"
_SALT, _NONCE, _KEY = 16, 12, 32


@dataclass(frozen=True, slots=True)
class PinCost:
    """Argon2id cost: OWASP's minimum of 2024. The token's HMAC already bars every offline search."""

    memory_kib: int = 19 * 1024
    passes: int = 2
    lanes: int = 1


class _Sealed(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar = [
        ("version", core.Integer),
        ("salt", core.OctetString),
        ("memory_kib", core.Integer),
        ("passes", core.Integer),
        ("lanes", core.Integer),
        ("nonce", core.OctetString),
        ("ciphertext", core.OctetString),
    ]


class PinSeal:
    """Seals and opens bytes with one token's HMAC key under ``label``."""

    def __init__(self, token: Token, label: str, cost: PinCost | None = None) -> None:
        if not token.supports(Mechanism.SHA256_HMAC):
            raise MechanismMissing(f"{token.info.label} does not offer SHA256_HMAC")
        self._token = token
        self._label = label
        self._cost = cost or PinCost()

    def ensure_key(self) -> None:
        """Make the HMAC key when the token does not have it yet."""
        ensure_secret_key(
            self._token, self._label, KeyType.GENERIC_SECRET, MechanismFlag.SIGN | MechanismFlag.VERIFY
        )

    def seal(self, pin: str, content: bytes, bound_to: bytes) -> bytes:
        """Seal ``content``; it opens with the same PIN and the same ``bound_to`` only. Returns DER."""
        salt, nonce, cost = secrets.token_bytes(_SALT), secrets.token_bytes(_NONCE), self._cost
        ciphertext = AESGCM(self._key(pin, salt, cost)).encrypt(nonce, content, bound_to)
        sealed = _Sealed(
            {
                "version": 1,
                "salt": salt,
                "memory_kib": cost.memory_kib,
                "passes": cost.passes,
                "lanes": cost.lanes,
                "nonce": nonce,
                "ciphertext": ciphertext,
            }
        )
        return bytes(sealed.dump())

    def open(self, pin: str, sealed: bytes, bound_to: bytes) -> bytes:
        """The content. Raises PinIncorrect, and KeyDamaged for bytes that are no seal at all.

        Counting the tries and locking is the caller's: only the caller has a store that survives.
        """
        try:
            fields = _Sealed.load(sealed, strict=True).native
        except ValueError as exc:
            raise KeyDamaged("not a PIN seal") from exc
        if fields["version"] != 1:
            raise KeyDamaged(f"PIN seal version {fields['version']}")
        cost = PinCost(fields["memory_kib"], fields["passes"], fields["lanes"])
        key = self._key(pin, fields["salt"], cost)
        try:
            return AESGCM(key).decrypt(fields["nonce"], fields["ciphertext"], bound_to)
        except InvalidTag:
            raise PinIncorrect("the seal does not open with this PIN") from None

    def _key(self, pin: str, salt: bytes, cost: PinCost) -> bytes:
        stretched = Argon2id(
            salt=salt, length=_KEY, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory_kib
        ).derive(pin.encode())
        return self._token.run(
            lambda session: bytes(
                session.secret_key(self._label).sign(_PURPOSE + stretched, mechanism=Mechanism.SHA256_HMAC)
            )
        )
