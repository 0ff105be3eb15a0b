"""Reading hexadecimal strings (ISO 32000-1, 7.3.4.3) by parts instead of digit by digit.

A signature is one such string of some 30,000 digits. pyHanko's own reader takes 30 ms for it, which is more
than all the rest of sealing or verifying a document: ``install`` puts this one in its place, and whatever is
out of the ordinary goes to pyHanko's as before.
"""

from __future__ import annotations

import re
from binascii import unhexlify
from typing import Any, BinaryIO, Final

from pyhanko.pdf_utils import generic

_PART: Final = 8192
_SPACES: Final = b"\0\t\n\f\r "
_ORDINARY: Final = re.compile(rb"[0-9A-Fa-f\0\t\n\f\r ]*")
_by_digits: Final = generic.read_hex_string_from_stream


def install() -> None:
    """Make pyHanko read hexadecimal strings so, in this process."""
    generic.read_hex_string_from_stream = read_hex_string


def read_hex_string(stream: BinaryIO) -> Any:
    """The string that begins at the stream's place, which is behind it afterwards. Raises as pyHanko does."""
    begin = stream.tell()
    stream.seek(1, 1)
    found, end = bytearray(), begin + 1
    while part := stream.read(_PART):
        given, closing, _ = part.partition(b">")
        if not _ORDINARY.fullmatch(given):
            break
        found += given.translate(None, _SPACES)
        end += len(given)
        if closing:
            stream.seek(end + 1)
            return generic.pdf_string(unhexlify(found + b"0" * (len(found) % 2)))
    stream.seek(begin)
    return _by_digits(stream)
