"""DER by hand (X.690), for what is made or read by the thousand: lists, OCSP answers, time stamps.

General libraries take several times as long as the token for these. Reading is strict: definite lengths in
their shortest form, nothing left over, a bounded number of elements.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OBJECT_IDENTIFIER: Final = 0x06
ENUMERATED: Final = 0x0A
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
SEQUENCE: Final = 0x30

TRUE: Final = b"\x01\x01\xff"
_MAX_CHILDREN: Final = 256


class Malformed(ValueError):
    """Not the DER that was expected."""


def element(tag: int, content: bytes) -> bytes:
    """One element: tag, length in its shortest form (X.690, section 8.1.3), content."""
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def sequence(*parts: bytes) -> bytes:
    """A SEQUENCE of encoded elements."""
    return element(SEQUENCE, b"".join(parts))


def integer(number: int) -> bytes:
    """An INTEGER that is not negative."""
    return element(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def octets(content: bytes) -> bytes:
    """An OCTET STRING."""
    return element(OCTET_STRING, content)


def bits(content: bytes) -> bytes:
    """A BIT STRING of whole octets."""
    return element(BIT_STRING, b"\0" + content)


@lru_cache(maxsize=256)
def identifier(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    return element(OBJECT_IDENTIFIER, b"".join(_base128(arc) for arc in (first * 40 + second, *rest)))


@lru_cache(maxsize=256)
def generalized_time(moment: datetime) -> bytes:
    """A GeneralizedTime in UTC, whole seconds (RFC 5280, section 4.1.2.5.2)."""
    return element(GENERALIZED_TIME, moment.strftime("%Y%m%d%H%M%SZ").encode())


@lru_cache(maxsize=4096)
def time(moment: datetime) -> bytes:
    """A Time: UTCTime to 2049, GeneralizedTime after (RFC 5280, section 4.1.2.5). ``moment`` in UTC."""
    if moment.year >= 2050:
        return generalized_time(moment)
    return element(UTC_TIME, moment.strftime("%y%m%d%H%M%SZ").encode())


def _base128(number: int) -> bytes:
    septets = [number & 0x7F]
    while number := number >> 7:
        septets.append(number & 0x7F | 0x80)
    return bytes(reversed(septets))


@dataclass(frozen=True, slots=True)
class Element:
    """A decoded element. ``whole``: with tag and length, as it was given."""

    tag: int
    content: bytes
    whole: bytes

    def children(self) -> list[Element]:
        """What a constructed element holds. Raises Malformed."""
        return elements(self.content)

    def number(self) -> int:
        """The value of an INTEGER that is not negative. Raises Malformed."""
        content = self.content
        if self.tag != INTEGER or not content or content[0] & 0x80:
            raise Malformed("a number that is not negative is expected")
        if len(content) > 1 and content[0] == 0 and not content[1] & 0x80:
            raise Malformed("a number in its shortest form is expected")
        return int.from_bytes(content, "big")


def read(data: bytes) -> Element:
    """The one element that ``data`` is. Raises Malformed."""
    found, end = _read(data, 0)
    if end != len(data):
        raise Malformed("there is something after the end")
    return found


def elements(data: bytes) -> list[Element]:
    """The elements that ``data`` is a row of, 256 at most. Raises Malformed."""
    found: list[Element] = []
    at = 0
    while at < len(data):
        if len(found) == _MAX_CHILDREN:
            raise Malformed(f"more than {_MAX_CHILDREN} elements")
        one, at = _read(data, at)
        found.append(one)
    return found


def _read(data: bytes, at: int) -> tuple[Element, int]:
    if len(data) < at + 2:
        raise Malformed("an element is cut off")
    tag, length = data[at], data[at + 1]
    begin = at + 2
    if tag & 0x1F == 0x1F:
        raise Malformed("tags of one octet are expected")
    if length >= 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4 or len(data) < begin + count:
            raise Malformed("a length of one to four octets is expected")
        length = int.from_bytes(data[begin : begin + count], "big")
        if length < 0x80 or length >> (8 * (count - 1)) == 0:
            raise Malformed("a length in its shortest form is expected")
        begin += count
    end = begin + length
    if end > len(data):
        raise Malformed("an element is cut off")
    return Element(tag, data[begin:end], data[at:end]), end
