"""How pairs on a lock are named, so that an enrolment that was cut short finds its own again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MARK: Final = b"SB"
"""What the ids of all pairs begin with that were made for an enrolment."""

_ID_BYTES: Final = 20  # as long as a subject key identifier, which many tools expect CKA_ID to be


class Purpose(StrEnum):
    """What a pair is for."""

    SIGNING = "signing"
    ENCRYPTION = "encryption"


_TITLES: Final = {Purpose.SIGNING: "签名", Purpose.ENCRYPTION: "加密"}


@dataclass(frozen=True, slots=True)
class PairName:
    """CKA_ID and CKA_LABEL of a pair and of its certificate."""

    key_id: bytes
    label: str


def pair_name(reference: str, purpose: Purpose, holder: str) -> PairName:
    """The name of the pair that is made for an enrolment; always the same for the same enrolment."""
    digest = hashlib.sha256(f"{reference}\0{purpose}".encode()).digest()
    return PairName((MARK + digest)[:_ID_BYTES], f"{holder} {_TITLES[purpose]}")
