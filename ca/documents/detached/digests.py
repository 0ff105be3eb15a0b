"""Digests of files that do not fit into memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO, Final

from ca.documents.errors import DigestRefused
from ca.signatures import DIGEST_OIDS

_CHUNK: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileDigest:
    """``algorithm``: a name of hashlib; ``value``: the digest of the whole file.

    Raises DigestRefused when the one does not go with the other.
    """

    algorithm: str
    value: bytes

    def __post_init__(self) -> None:
        if self.algorithm not in DIGEST_OIDS:
            raise DigestRefused(f"the digest {self.algorithm} is not known")
        if len(self.value) != hashlib.new(self.algorithm).digest_size:
            raise DigestRefused(f"{len(self.value)} bytes are no digest by {self.algorithm}")


def digest_of(stream: BinaryIO, algorithm: str) -> FileDigest:
    """The digest of what is left of ``stream``. Raises DigestRefused."""
    return FileDigest(algorithm, digests_of(stream, [algorithm])[algorithm])


def digests_of(stream: BinaryIO, algorithms: Iterable[str]) -> dict[str, bytes]:
    """Digests by several algorithms (names of hashlib) at once, in one reading."""
    running = {name: hashlib.new(name, usedforsecurity=False) for name in set(algorithms)}
    while running and (chunk := stream.read(_CHUNK)):
        for one in running.values():
            one.update(chunk)
    return {name: one.digest() for name, one in running.items()}
