"""Which bytes a signature covers, said by its /ByteRange and checked against the file itself.

All of universal signature forgery and of signature wrapping turns on readers that believe the dictionary: so
nothing is believed. The range has two parts, the first from byte 0; what lies between is one hexadecimal
string in angle brackets, and that string is the very /Contents that the reader found (ISO 32000-2, 12.8.1).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from pyhanko.pdf_utils.generic import ByteStringObject, EncryptedObjAccess, TextStringObject

from ca.documents.verification.messages import Flaw
from ca.documents.verification.model import Problem

_HEX: Final = frozenset(b"0123456789abcdefABCDEF")
_WHITE: Final = b"\0\t\n\f\r "
_PARTS: Final = 4


@dataclass(frozen=True, slots=True)
class CoveredBytes:
    """Offsets: of the hole's ``<``, of the byte after its ``>``, of the byte after all that is covered."""

    start: int
    end: int
    upto: int

    def digest(self, pdf: bytes, name: str) -> bytes:
        """The digest of what is covered; ``name`` is hashlib's."""
        view = memoryview(pdf)
        digest = hashlib.new(name, view[: self.start], usedforsecurity=False)
        digest.update(view[self.end : self.upto])
        return digest.digest()

    def data(self, pdf: bytes) -> bytes:
        """What is covered."""
        return pdf[: self.start] + pdf[self.end : self.upto]


def contents_of(signature: Any) -> bytes:
    """The value of /Contents. Raises Flaw where there is none: the first kind of forgery."""
    try:
        value = signature.raw_get("/Contents", decrypt=EncryptedObjAccess.RAW)
    except KeyError:
        raise Flaw(Problem.CONTENTS_MISSING, "no /Contents") from None
    if not isinstance(value, TextStringObject | ByteStringObject):
        raise Flaw(Problem.CONTENTS_MISSING, "/Contents is not a string")
    contents = bytes(value.original_bytes)
    if not contents.strip(b"\0"):
        raise Flaw(Problem.CONTENTS_MISSING, "/Contents is empty")
    return contents


def covered_bytes(pdf: bytes, signature: Any, contents: bytes) -> CoveredBytes:
    """What the signature with these ``contents`` covers of ``pdf``. Raises Flaw."""
    try:
        found = signature["/ByteRange"]
    except KeyError:  # null is as good as nothing
        raise Flaw(Problem.BYTE_RANGE_MISSING, "no /ByteRange") from None
    if not isinstance(found, list) or not found or not all(isinstance(one, int) for one in found):
        raise Flaw(Problem.BYTE_RANGE_MISSING, "/ByteRange is not an array of integers")
    numbers = [int(one) for one in found]
    if len(numbers) != _PARTS or numbers[0] != 0 or min(numbers[1:3]) <= 0 or numbers[3] < 0:
        raise Flaw(Problem.BYTE_RANGE_WRONG, f"/ByteRange {numbers}")
    _, start, end, rest = numbers
    covered = CoveredBytes(start, end, end + rest)
    if not start < end <= covered.upto <= len(pdf) or _string(pdf[start:end]) != contents:
        raise Flaw(Problem.BYTE_RANGE_WRONG, f"/ByteRange {numbers} leaves out more than the signature")
    return covered


def _string(written: bytes) -> bytes | None:
    """What a hexadecimal string says (7.3.4.3); None for anything else."""
    if written[:1] != b"<" or written[-1:] != b">":
        return None
    digits = written[1:-1].translate(None, _WHITE)
    if not _HEX.issuperset(digits):
        return None
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))
