"""Passwords: kept as Argon2id (RFC 9106), with its parameters beside each."""

from __future__ import annotations

import threading
from functools import cache
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher: Final = PasswordHasher()
# Each takes 64 MiB for a moment; guesses that come all at once wait for each other instead of for memory.
_at_once: Final = threading.BoundedSemaphore(4)


def hash_password(password: str) -> str:
    """Argon2id, encoded with its parameters and salt."""
    with _at_once:
        return _hasher.hash(password)


def fits(kept: str | None, password: str) -> bool:
    """Whether it is the password of this hash. Without a hash it takes as long, and is wrong."""
    with _at_once:
        try:
            return _hasher.verify(kept or _nobody(), password) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(kept: str) -> bool:
    """Whether it was made with other parameters than today's."""
    return _hasher.check_needs_rehash(kept)


@cache
def common() -> frozenset[str]:
    """The commonest passwords of at least eight characters, in lower case."""
    listed = (Path(__file__).parent / "common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in listed.splitlines() if line and not line.startswith("#"))


@cache
def _nobody() -> str:
    return _hasher.hash("nobody has this password")
