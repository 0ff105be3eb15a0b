"""Writing DER (X.690) whose long parts are somewhere else: heads with the lengths that will follow."""

from __future__ import annotations

from typing import Final

INTEGER: Final = 0x02
OCTET_STRING: Final = 0x04
NULL: Final = b"\x05\x00"
SEQUENCE: Final = 0x30
SET: Final = 0x31


def explicit(number: int) -> int:
    """The identifier octet of [number], constructed."""
    return 0xA0 | number


def head(tag: int, length: int) -> bytes:
    """Identifier and length octets of an element whose ``length`` bytes follow."""
    if length < 0x80:
        return bytes((tag, length))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets


def tlv(tag: int, *parts: bytes) -> bytes:
    """A whole element."""
    content = b"".join(parts)
    return head(tag, len(content)) + content


def integer(value: int) -> bytes:
    """An INTEGER that is not negative."""
    return tlv(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER."""
    first, second, *others = (int(arc) for arc in dotted.split("."))
    return tlv(0x06, *(_base_128(arc) for arc in (first * 40 + second, *others)))


def _base_128(arc: int) -> bytes:
    septets = [arc & 0x7F]
    while arc := arc >> 7:
        septets.append(0x80 | arc & 0x7F)
    return bytes(reversed(septets))
