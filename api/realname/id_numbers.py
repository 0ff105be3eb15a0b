"""Identity numbers at rest: AES-256-GCM, found again by an HMAC, masked when they are shown."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from api.errors import InternalError

_NONCE: Final = 12
UNDER_FILE_KEY: Final = b"\x01"
"""The first byte of what was sealed before the token guarded the data key."""

_UNDER_TOKEN: Final = b"\x02"


class IdNumbers:
    """Seals identity numbers for the database.

    ``key``: the data key that the token seals, 32 bytes. ``file_key``: of ``data.key``, under which numbers
    were sealed before there was one; they open, and nothing new is sealed under it.
    """

    def __init__(self, key: bytes, file_key: bytes) -> None:
        # A key of its own for each use (NIST SP 800-108 would call these labels).
        self._cipher = AESGCM(hmac.digest(key, b"identity numbers, sealed", "sha256"))
        self._index_key = hmac.digest(key, b"identity numbers, found by", "sha256")
        self._older = AESGCM(file_key)

    def seal(self, number: str, bound_to: str) -> bytes:
        """Opens again with the same ``bound_to`` only: a row's number cannot be moved to another row."""
        nonce = secrets.token_bytes(_NONCE)
        return _UNDER_TOKEN + nonce + self._cipher.encrypt(nonce, number.encode(), bound_to.encode())

    def find_by(self, number: str) -> str:
        """What rows of this number are found by: an HMAC, which tells nothing without the key."""
        return hmac.new(self._index_key, number.encode(), hashlib.sha256).hexdigest()

    def open(self, sealed: bytes, bound_to: str) -> str:
        """The number. Raises InternalError when the key is another or the bytes were changed."""
        nonce, ciphertext = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        cipher = {_UNDER_TOKEN: self._cipher, UNDER_FILE_KEY: self._older}.get(sealed[:1])
        if cipher is None:
            raise InternalError("an identity number is sealed in a way that this version does not know")
        try:
            return cipher.decrypt(nonce, ciphertext, bound_to.encode()).decode()
        except (InvalidTag, ValueError) as exc:
            raise InternalError("an identity number does not open under the data key") from exc


def mask_id_number(number: str) -> str:
    """3713***********32X: place and end, enough to compare with a card in hand."""
    return f"{number[:4]}{'*' * 11}{number[-3:]}"
