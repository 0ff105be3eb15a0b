"""The hole that a prepared PDF leaves for its signature: finding it, digesting around it, filling it.

A signed PDF names, in ``/ByteRange``, all of its bytes but the hexadecimal string of ``/Contents``
(ISO 32000-1, 12.8.1). In a prepared one that string is all zeros; a short CMS leaves the rest of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO

from cryptography.hazmat.primitives import hashes
from pyhanko.sign.fields import enumerate_sig_fields

from ca.documents.errors import HoleMissing, SignatureTooLarge
from ca.documents.reading import entry, read_pdf, refusing_damage


@dataclass(frozen=True, slots=True)
class Hole:
    """Offsets of the hole's ``<`` and of the byte after its ``>``."""

    start: int
    end: int

    @property
    def room(self) -> int:
        """How many bytes of CMS fit."""
        return (self.end - self.start - 2) // 2

    def digest(self, document: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
        """The digest of all bytes outside the hole."""
        view = memoryview(document)
        digest = hashes.Hash(algorithm)
        digest.update(view[: self.start])
        digest.update(view[self.end :])
        return digest.finalize()

    def fill(self, document: bytes, cms: bytes) -> bytes:
        """``document`` with ``cms`` in the hole. Raises SignatureTooLarge."""
        filled = BytesIO(document)
        self.fill_in(filled, cms)
        return filled.getvalue()

    def fill_in(self, document: BinaryIO, cms: bytes) -> None:
        """Write ``cms`` into the hole. Raises SignatureTooLarge."""
        if len(cms) > self.room:
            raise SignatureTooLarge(f"{len(cms)} bytes of CMS for a hole of {self.room}")
        document.seek(self.start + 1)
        document.write(cms.hex().encode("ascii"))


def find_hole(document: bytes) -> Hole:
    """The one empty hole of a prepared document. Raises HoleMissing, PdfDamaged."""
    with refusing_damage():
        # A seal on many pages has a field for each, and one signature.
        holes = [hole for hole in dict.fromkeys(_covering(document)) if _is_empty(document, hole)]
    if len(holes) != 1:
        raise HoleMissing(f"{len(holes)} empty signatures cover the whole document")
    return holes[0]


def _covering(document: bytes) -> Iterator[Hole]:
    """The holes of signatures whose ByteRange is everything else up to the last byte."""
    for _name, value, _field in enumerate_sig_fields(read_pdf(document, len(document)), filled_status=True):
        byte_range: list[Any] = list(entry(value.get_object(), "/ByteRange", ()))
        if len(byte_range) != 4:
            continue
        start, before, end, after = (int(number) for number in byte_range)
        if start == 0 and 0 < before < end and end + after == len(document):
            yield Hole(before, end)


def _is_empty(document: bytes, hole: Hole) -> bool:
    content = document[hole.start : hole.end]
    return content[:1] == b"<" and content[-1:] == b">" and not content[1:-1].strip(b"0")
