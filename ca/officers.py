"""A PIN shared among officers: any ``threshold`` of them open its token together, fewer learn nothing.

The shares are SLIP-0039 mnemonics (Shamir's scheme with checksums): words that can be written on paper, read
aloud and typed, each with a checksum that finds a slip of the pen.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from typing import Final

from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics

from ca.errors import CaError
from hsm.errors import Kind

_SECRET_BYTES: Final = 16
# SLIP-0039 stretches a passphrase; there is none here, and the secret itself is random.
_ITERATION_EXPONENT: Final = 0


class SharesRefused(CaError):
    """Shares that do not belong together, are too few, or were mistyped; never says which words."""

    kind = Kind.FORBIDDEN
    code = "shares_refused"
    zh = "分持口令不正确或数量不足"


def share_pin(threshold: int, officers: int) -> tuple[str, list[str]]:
    """A new random PIN (26 characters, 128 bits) and one share for each officer.

    Raises ValueError unless 2 <= threshold <= officers <= 16.
    """
    if not 2 <= threshold <= officers <= 16:
        raise ValueError("2 to 16 officers are expected, and a threshold of at least 2")
    secret = secrets.token_bytes(_SECRET_BYTES)
    groups = generate_mnemonics(1, [(threshold, officers)], secret, iteration_exponent=_ITERATION_EXPONENT)
    return _pin(secret), groups[0]


def join_shares(shares: Sequence[str]) -> str:
    """The PIN that ``threshold`` shares give. Raises SharesRefused."""
    try:
        return _pin(combine_mnemonics([" ".join(share.lower().split()) for share in shares]))
    except (MnemonicError, ValueError, IndexError):
        # Without its cause: the library's message names words of the share.
        raise SharesRefused("these shares do not open the token") from None


def _pin(secret: bytes) -> str:
    return base64.b32encode(secret).decode().rstrip("=")
