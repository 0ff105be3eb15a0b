"""Algorithms by their object identifiers, and what may be asked for at once. Pure."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from api.csc.errors import CscRefused, invalid, missing

SAD_LASTS: Final = timedelta(minutes=5)
MULTISIGN: Final = 50
"""Signatures of one authorisation, at most."""
MAX_DESCRIPTION: Final = 500


class Hashing(StrEnum):
    """Nothing weaker than SHA-256 is signed (CSC API 2.0.0.2, section 5)."""

    SHA256 = "2.16.840.1.101.3.4.2.1"
    SHA384 = "2.16.840.1.101.3.4.2.2"
    SHA512 = "2.16.840.1.101.3.4.2.3"


LENGTHS: Final = {Hashing.SHA256: 32, Hashing.SHA384: 48, Hashing.SHA512: 64}
"""Octets of a hash."""
_BY_LENGTH: Final = {length: hashing for hashing, length in LENGTHS.items()}


class Family(StrEnum):
    """How a hash is signed."""

    RSA = "rsa"
    RSA_PSS = "rsa-pss"
    ECDSA = "ecdsa"


@dataclass(frozen=True, slots=True)
class Algorithm:
    """``hashing``: where the identifier names it."""

    family: Family
    hashing: Hashing | None = None


ALGORITHMS: Final[dict[str, Algorithm]] = {
    # RFC 8017, appendix A.2, and RFC 5758, section 3.2.
    "1.2.840.113549.1.1.11": Algorithm(Family.RSA, Hashing.SHA256),
    "1.2.840.113549.1.1.12": Algorithm(Family.RSA, Hashing.SHA384),
    "1.2.840.113549.1.1.13": Algorithm(Family.RSA, Hashing.SHA512),
    "1.2.840.113549.1.1.1": Algorithm(Family.RSA),
    "1.2.840.113549.1.1.10": Algorithm(Family.RSA_PSS),
    "1.2.840.10045.4.3.2": Algorithm(Family.ECDSA, Hashing.SHA256),
    "1.2.840.10045.4.3.3": Algorithm(Family.ECDSA, Hashing.SHA384),
    "1.2.840.10045.4.3.4": Algorithm(Family.ECDSA, Hashing.SHA512),
}
RSA_ALGORITHMS: Final = tuple(oid for oid, one in ALGORITHMS.items() if one.family is not Family.ECDSA)
ECDSA_ALGORITHMS: Final = tuple(oid for oid, one in ALGORITHMS.items() if one.family is Family.ECDSA)


def algorithm_of(oid: str, offered: Sequence[str]) -> Algorithm:
    """Raises CscRefused for one that the key does not offer."""
    if oid not in offered:
        raise invalid("signAlgo")
    return ALGORITHMS[oid]


def hashing_of(oid: str, parameter: str) -> Hashing:
    """Raises CscRefused."""
    try:
        return Hashing(oid)
    except ValueError:
        raise invalid(parameter) from None


def chosen_hashing(algorithm: Algorithm, given: str | None, parameter: str) -> Hashing:
    """What the hashes were made with: as the algorithm says, else ``parameter``. Raises CscRefused."""
    if algorithm.hashing is not None:
        return algorithm.hashing  # the other "SHALL be ignored" (CSC API 2.0.0.2, section 11.10)
    if given is None:
        raise missing(parameter)
    return hashing_of(given, parameter)


def read_hashes(texts: Sequence[str], parameter: str) -> list[bytes]:
    """Hashes in base64. Raises CscRefused."""
    if not texts:
        raise CscRefused("Empty hash array")
    if len(texts) > MULTISIGN:
        raise CscRefused("Numbers of signatures is too high")
    return [read_hash(text, parameter) for text in texts]


def read_hash(text: str, parameter: str) -> bytes:
    """One hash in base64. Raises CscRefused."""
    try:
        return b64decode(text, validate=True)
    except ValueError:
        raise CscRefused(f"Invalid Base64 {parameter} string parameter") from None


def check_lengths(hashes: Sequence[bytes], hashing: Hashing) -> None:
    """Raises CscRefused."""
    if any(len(one) != LENGTHS[hashing] for one in hashes):
        raise CscRefused("Invalid digest value length")


def hashing_by_length(hashes: Sequence[bytes]) -> Hashing:
    """Version 1 authorises hashes without naming their algorithm. Raises CscRefused."""
    hashing = _BY_LENGTH.get(len(hashes[0]), Hashing.SHA256)
    check_lengths(hashes, hashing)
    return hashing


def check_count(signatures: int, hashes: int) -> None:
    """As many signatures as hashes: none is authorised whose hash is not known. Raises CscRefused."""
    if signatures > MULTISIGN:
        raise CscRefused("Numbers of signatures is too high")
    if signatures < 1 or signatures != hashes:
        raise CscRefused("Invalid value for parameter numSignatures")


def check_description(text: str | None) -> str:
    """What the software says of it. Raises CscRefused."""
    if text is None:
        return ""
    if len(text) > MAX_DESCRIPTION or "\0" in text:
        raise invalid("description")
    return text
