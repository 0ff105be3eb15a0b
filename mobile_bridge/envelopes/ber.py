"""Reading BER (X.690) from a file, front to back, with no length believed before it is seen to fit.

Definite and indefinite lengths, as OpenSSL and Bouncy Castle stream them. Memory is bounded by what the
caller says an element may have; nothing here is recursive beyond ``_DEEPEST``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import BinaryIO, Final, Literal

from mobile_bridge.envelopes import der
from mobile_bridge.envelopes.errors import EnvelopeMalformed, EnvelopeUnsupported

_CONSTRUCTED: Final = 0x20
_LONG_TAG: Final = 0x1F
_DEEPEST: Final = 16
_LONGEST_LENGTH: Final = 8

End = int | Literal["marked"]
"""Where a constructed element ends: at an offset, or where two zero octets mark it."""


@dataclass(frozen=True, slots=True)
class Head:
    """Identifier octet, and the number of bytes that follow (None: until marked)."""

    tag: int
    length: int | None


class BerReader:
    """Walks through one file. ``stream`` is at the element's first byte, seekable, and buffered.

    Every method raises EnvelopeMalformed when the file says something else than was expected.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.position = stream.tell()
        self._end = stream.seek(0, os.SEEK_END)
        stream.seek(self.position)
        self._next: Head | None = None

    def look(self) -> Head:
        """The next head, which stays the next. A mark of an end is Head(0, 0)."""
        if self._next is None:
            self._next = self._read_head()
        return self._next

    def enter(self, tag: int) -> End:
        """Step into a constructed element."""
        found = self._take(tag)
        return "marked" if found.length is None else self.position + found.length

    def is_at(self, end: End) -> bool:
        """Whether the element that was entered has nothing more."""
        if end == "marked":
            return self.look() == Head(0, 0)
        return self._next is None and self.position == end

    def leave(self, end: End) -> None:
        """Step out: right at its end, neither before nor after."""
        if not self.is_at(end):
            raise EnvelopeMalformed("an element has more, or less, than its length")
        self._next = None

    def finish(self) -> None:
        """Nothing may follow."""
        if self._next is not None or self.position != self._end:
            raise EnvelopeMalformed("bytes after the end")

    def primitive(self, tag: int, most: int) -> bytes:
        """The content of a small primitive element."""
        found = self._take(tag)
        if found.length is None or found.length > most:
            raise EnvelopeMalformed(f"an element of more than {most} bytes")
        return self.read(found.length)

    def begin(self, tag: int) -> int:
        """The length of a primitive element, whose bytes are for ``read`` or ``skip``."""
        found = self._take(tag)
        if found.length is None:
            raise EnvelopeMalformed("a primitive element without a length")
        return found.length

    def element(self, most: int) -> bytes:
        """A whole small element, all lengths definite, whatever they were."""
        return self._element(most, 0)

    def read(self, count: int) -> bytes:
        """The next ``count`` bytes."""
        data = self._stream.read(count)
        if len(data) != count:
            raise EnvelopeMalformed("the file ends too early")
        self.position += count
        return data

    def skip(self, count: int) -> None:
        """Pass by ``count`` bytes, which are there."""
        self._stream.seek(count, os.SEEK_CUR)
        self.position += count

    def _element(self, most: int, depth: int) -> bytes:
        found = self.look()
        self._next = None
        if depth > _DEEPEST:
            raise EnvelopeMalformed(f"more than {_DEEPEST} levels")
        if found.length is not None:
            if found.length > most:
                raise EnvelopeMalformed(f"an element of more than {most} bytes")
            return der.tlv(found.tag, self.read(found.length))
        parts: list[bytes] = []
        while not self.is_at("marked"):
            parts.append(self._element(most, depth + 1))
            most -= len(parts[-1])
        self.leave("marked")
        return der.tlv(found.tag, *parts)

    def _take(self, tag: int) -> Head:
        found = self.look()
        if found.tag != tag:
            raise EnvelopeMalformed(f"tag {found.tag:#04x} where {tag:#04x} was expected")
        self._next = None
        return found

    def _read_head(self) -> Head:
        tag, first = self.read(2)
        if tag & _LONG_TAG == _LONG_TAG:
            raise EnvelopeUnsupported("a tag number above 30")
        if first < 0x80:
            return self._fitting(tag, first)
        if first == 0x80:
            if not tag & _CONSTRUCTED:
                raise EnvelopeMalformed("a primitive element without a length")
            return Head(tag, None)
        if first & 0x7F > _LONGEST_LENGTH:
            raise EnvelopeMalformed("a length of more than eight octets")
        return self._fitting(tag, int.from_bytes(self.read(first & 0x7F), "big"))

    def _fitting(self, tag: int, length: int) -> Head:
        if length > self._end - self.position:
            raise EnvelopeMalformed("the file ends too early")
        return Head(tag, length)
