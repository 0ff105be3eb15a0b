"""The versions of a file: each incremental update is one, and each ends with its own %%EOF.

pyHanko reads them by the chain of cross-reference sections; here it is asked whether what a signature covers
is one whole version, and whether there are bytes that belong to none.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from pyhanko.pdf_utils.generic import Reference
from pyhanko.pdf_utils.reader import PdfFileReader, process_data_at_eof

from ca.documents.verification.byte_ranges import CoveredBytes
from ca.documents.verification.model import Coverage

_EOF: Final = re.compile(rb"startxref\s+\d+\s+%%EOF(?:\r\n|\n|\r)?")
_OBJECT: Final = re.compile(rb"(?<![\d.])(\d{1,10})[ \t\r\n]+(\d{1,5})[ \t\r\n]+obj\b")
_STREAM: Final = re.compile(rb"\bstream\r?\n")
_LENGTH: Final = re.compile(rb"/Length[ \t\r\n]+(\d{1,12})(?![ \t\r\n]+\d+[ \t\r\n]+R)")
_WHITE: Final = b"\0\t\n\f\r "


@dataclass(frozen=True, slots=True)
class Revisions:
    """``ends``: the offset behind each version's %%EOF, by number; 0 is the oldest."""

    reader: PdfFileReader
    pdf: bytes
    ends: tuple[int, ...]

    @classmethod
    def of(cls, reader: PdfFileReader, pdf: bytes) -> Revisions:
        """As the cross-reference sections have them."""
        return cls(reader, pdf, tuple(_ends(reader, pdf)))

    @property
    def count(self) -> int:
        """How many there are."""
        return int(self.reader.xrefs.total_revisions)

    def of_object(self, reference: Reference) -> int:
        """The version that last wrote an object."""
        return int(self.reader.xrefs.get_last_change(reference))

    def coverage(self, covered: CoveredBytes, revision: int) -> Coverage:
        """Whether what is covered is the file, or the file as it was at ``revision``."""
        if covered.upto == len(self.pdf):
            return Coverage.FILE
        stream = BytesIO(self.pdf)
        stream.seek(covered.upto)
        try:
            named = process_data_at_eof(stream)
        except Exception:  # no end of a file there
            return Coverage.UNCLEAR
        # The chain of sections of that version must lie inside, and be the one that its end names.
        xrefs = self.reader.xrefs
        last = max(xrefs.get_xref_container_info(one).end_location for one in range(revision + 1))
        if named != xrefs.get_startxref_for_revision(revision) or last > covered.upto:
            return Coverage.UNCLEAR
        return Coverage.REVISION

    def bytes_outside(self) -> int:
        """How many bytes behind the last version's end belong to none, white space aside."""
        return len(self.pdf[max(self.ends) :].strip(_WHITE))

    def unlisted_objects(self) -> list[tuple[int, str]]:
        """Offset, number and generation of objects that no cross-reference section lists.

        Readers that rebuild broken files would find them: the incremental saving attack in its sloppy kinds.
        """
        listed = self._listed()
        spans = self._spans(listed)
        return [
            (found.start(), f"{int(found[1])} {int(found[2])}")
            for found in _OBJECT.finditer(self.pdf)
            if found.start() not in listed and not _inside(found.start(), spans)
        ]

    def _listed(self) -> dict[int, tuple[int, int]]:
        """Number and generation by the offset where a section says that the object begins."""
        found = {}
        for number in range(self.count):
            data = self.reader.xrefs.get_xref_data(number)
            for one in (data, data.hybrid.xref_data if data.hybrid else None):
                for idnum, (generation, offset) in one.standard_xrefs.items() if one else ():
                    found[self._begin(offset)] = (idnum, generation)
            containers = [self.reader.xrefs.get_xref_container_info(number)]
            containers += [data.hybrid.meta_info] if data.hybrid else []
            for container in containers:
                found[self._begin(container.start_location)] = (0, 0)
        return found

    def _begin(self, offset: int) -> int:
        """Sections may point at white space before an object."""
        while self.pdf[offset : offset + 1] and self.pdf[offset] in _WHITE:
            offset += 1
        return offset

    def _spans(self, listed: dict[int, tuple[int, int]]) -> list[tuple[int, int]]:
        """Where the data of listed streams are: what looks like an object in them is none."""
        starts = sorted(listed)
        found = (
            self._data(begin, following)
            for begin, following in zip(starts, [*starts[1:], len(self.pdf)], strict=True)
        )
        return [one for one in found if one is not None]

    def _data(self, begin: int, following: int) -> tuple[int, int] | None:
        """The data of the stream object at ``begin``: as long as it says, where that leads to its end."""
        start = _STREAM.search(self.pdf, begin, following)
        if start is None:
            return None
        said = _LENGTH.search(self.pdf, begin, start.start())
        end = start.end() + int(said[1]) if said else len(self.pdf)
        if self.pdf[end : end + 16].lstrip(_WHITE).startswith(b"endstream"):
            return start.start(), end
        end = self.pdf.find(b"endstream", start.end(), following)
        return None if end < 0 else (start.start(), end)


def _inside(offset: int, spans: list[tuple[int, int]]) -> bool:
    """Whether an offset is in one of these, which are in order."""
    at = bisect(spans, (offset,)) - 1
    return at >= 0 and spans[at][0] < offset < spans[at][1]


def _ends(reader: PdfFileReader, pdf: bytes) -> Iterator[int]:
    reached = 0
    for number in range(reader.xrefs.total_revisions):
        behind = reader.xrefs.get_xref_container_info(number).end_location
        found = _EOF.search(pdf, max(0, behind - 32))
        reached = max(reached, found.end() if found else behind)
        yield reached
