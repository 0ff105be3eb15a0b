"""Whether a prepared PDF is what a signature over it would cover, and its digest.

The agent signs no digest that was handed to it. It takes the document, finds the one hole that its
signature will fill, makes sure that ``/ByteRange`` names every other byte (ISO 32000-1, 12.8.1), and
digests those bytes itself. No PDF library reads the document here: a parser lenient with tricks would be
one to be tricked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives import hashes

from mobile_bridge.errors import DocumentSuspicious

MAX_BYTES: Final = 64 * 1024 * 1024
_LEAST_ROOM: Final = 2 * 1024
_MOST_ROOM: Final = 64 * 1024
_BYTE_RANGE: Final = re.compile(rb"/ByteRange\s*\[\s*(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s*\]")
_CONTENTS: Final = re.compile(rb"/Contents\s*\Z")
_EMPTY_HOLE: Final = re.compile(rb"/Contents\s*<0{64,}>")


@dataclass(frozen=True, slots=True)
class PreparedDocument:
    """A checked document. ``start``: of the hole's ``<``; ``end``: after its ``>``."""

    pdf: bytes
    start: int
    end: int

    @property
    def room(self) -> int:
        """How many bytes of CMS fit."""
        return (self.end - self.start - 2) // 2

    def digest(self, algorithm: hashes.HashAlgorithm) -> bytes:
        """The digest of all bytes outside the hole."""
        view = memoryview(self.pdf)
        digest = hashes.Hash(algorithm)
        digest.update(view[: self.start])
        digest.update(view[self.end :])
        return digest.finalize()


def check_document(pdf: bytes) -> PreparedDocument:
    """Check a document that the server prepared. Raises DocumentSuspicious."""
    _require(len(pdf) <= MAX_BYTES, f"{len(pdf)} bytes, at most {MAX_BYTES}")
    _require(pdf.startswith(b"%PDF-"), "not a PDF")
    ranges = [tuple(map(int, found.groups())) for found in _BYTE_RANGE.finditer(pdf)]
    covering = [each for each in ranges if each[2] + each[3] == len(pdf)]
    _require(len(covering) == 1, f"{len(covering)} signatures cover the document to its last byte")
    begin, start, end, _ = covering[0]
    _require(begin == 0 and 0 < start < end <= len(pdf), "ByteRange leaves out more than a hole")
    prepared = PreparedDocument(pdf, start, end)
    _check_hole(prepared)
    earlier = [each for each in ranges if each != covering[0]]
    _require(all(each[2] + each[3] <= start for each in earlier), "another signature reaches into this one")
    return prepared


def _check_hole(prepared: PreparedDocument) -> None:
    hole = prepared.pdf[prepared.start : prepared.end]
    _require(hole[:1] == b"<" and hole[-1:] == b">", "the hole is no hexadecimal string")
    _require(not hole[1:-1].strip(b"0"), "the hole is not empty")
    _require(len(hole) % 2 == 0 and _LEAST_ROOM <= prepared.room <= _MOST_ROOM, f"room for {prepared.room}")
    before = prepared.pdf[max(0, prepared.start - 64) : prepared.start]
    _require(_CONTENTS.search(before) is not None, "the hole is not a signature's contents")
    _require(len(_EMPTY_HOLE.findall(prepared.pdf)) == 1, "more than one signature is open")


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise DocumentSuspicious(otherwise)
