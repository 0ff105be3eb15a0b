"""Identity numbers at rest: AES-256-GCM under the server's data key."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from api.errors import InternalError

_NONCE: Final = 12
_VERSION: Final = b"\x01"


class IdNumbers:
    """Seals identity numbers for the database. ``key``: 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self._index_key = hmac.digest(key, b"identity numbers, found by", "sha256")

    def seal(self, number: str, bound_to: str) -> bytes:
        """Opens again with the same ``bound_to`` only: a row's number cannot be moved to another row."""
        nonce = secrets.token_bytes(_NONCE)
        return _VERSION + nonce + self._cipher.encrypt(nonce, number.encode(), bound_to.encode())

    def find_by(self, number: str) -> str:
        """What rows of this number are found by: an HMAC, which tells nothing without the key."""
        return hmac.new(self._index_key, number.encode(), hashlib.sha256).hexdigest()

    def open(self, sealed: bytes, bound_to: str) -> str:
        """The number. Raises InternalError when the key is another or the bytes were changed."""
        nonce, ciphertext = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        try:
            return self._cipher.decrypt(nonce, ciphertext, bound_to.encode()).decode()
        except (InvalidTag, ValueError) as exc:
            raise InternalError("an identity number does not open under the data key") from exc


def mask_id_number(number: str) -> str:
    """3713***********32X: place and end, enough to compare with a card in hand."""
    return f"{number[:4]}{'*' * 11}{number[-3:]}"
