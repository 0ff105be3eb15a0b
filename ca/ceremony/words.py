"""Fingerprints as words, to be read aloud: one reads, the others compare."""

from __future__ import annotations

from typing import Final

from shamir_mnemonic.wordlist import WORDLIST

_BITS: Final = 10  # a word of the 1024; no two begin with the same four letters (SLIP-0039)


def fingerprint_words(digest: bytes) -> list[str]:
    """The whole digest as words: 26 for SHA-256, the last filled up with zero bits."""
    length = -(-len(digest) * 8 // _BITS)
    number = int.from_bytes(digest, "big") << (length * _BITS - len(digest) * 8)
    return [WORDLIST[number >> (_BITS * at) & (1 << _BITS) - 1] for at in reversed(range(length))]
