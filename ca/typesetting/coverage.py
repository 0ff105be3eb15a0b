"""Which characters a font can draw, read from its own ``cmap`` table.

Typesetting engines put an empty box where a glyph is missing. On a seal or an application form that is a
different name, so every text is checked before it is set.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from itertools import starmap
from pathlib import Path
from struct import calcsize, iter_unpack, unpack_from

_SEGMENTED_COVERAGE = 12  # OpenType 1.9, cmap format 12: all of Unicode, in groups of consecutive characters


@dataclass(frozen=True, slots=True)
class Coverage:
    """The characters of one font, as sorted ranges of code points that do not overlap."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def __contains__(self, character: str) -> bool:
        at = bisect_right(self.starts, ord(character)) - 1
        return at >= 0 and ord(character) <= self.ends[at]

    def missing(self, text: str) -> str:
        """The characters of ``text`` that the font lacks, each once, in their order."""
        return "".join(character for character in dict.fromkeys(text) if character not in self)


@lru_cache(maxsize=8)
def coverage_of(font: Path) -> Coverage:
    """Read the coverage of an OpenType font. Raises ValueError when it has no format 12 ``cmap``."""
    data = font.read_bytes()
    cmap = _table(data, b"cmap")
    (count,) = unpack_from(">H", data, cmap + 2)
    for at in range(cmap + 4, cmap + 4 + 8 * count, 8):
        subtable = cmap + unpack_from(">I", data, at + 4)[0]
        if unpack_from(">H", data, subtable)[0] == _SEGMENTED_COVERAGE:
            return _groups(data, subtable)
    raise ValueError(f"{font.name} has no cmap of format 12")


def _table(data: bytes, tag: bytes) -> int:
    """The offset of a table, from the directory at the head of the file."""
    (count,) = unpack_from(">H", data, 4)
    for name, _checksum, offset, _length in iter_unpack(">4sIII", data[12 : 12 + 16 * count]):
        if name == tag:
            return int(offset)
    raise ValueError(f"the font has no {tag.decode()} table")


def _groups(data: bytes, subtable: int) -> Coverage:
    (count,) = unpack_from(">I", data, subtable + 12)
    group = ">III"  # first character, last character, first glyph
    begin = subtable + 16
    ranges = sorted(starmap(_range, iter_unpack(group, data[begin : begin + count * calcsize(group)])))
    return Coverage(tuple(first for first, _ in ranges), tuple(last for _, last in ranges))


def _range(first: int, last: int, _glyph: int) -> tuple[int, int]:
    return first, last
