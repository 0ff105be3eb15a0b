"""Cross-reference streams (ISO 32000-1, 7.5.8) that announce more entries than they have are refused.

pyHanko goes on with zeros for as many as were announced: a number of thirty digits in a file of 700 bytes
keeps it busy, and takes memory, for ever. ``install`` puts this check before its reader.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pyhanko.pdf_utils import xref
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.misc import PdfReadError

_SHORT: Final = 1024  # so many entries may be missing: some writers' /Size is generous
_unbounded: Final = xref.parse_xref_stream


def install() -> None:
    """Make pyHanko read cross-reference streams so, in this process."""
    xref.parse_xref_stream = bounded


def bounded(xref_stream: Any, strict: bool = True) -> Iterator[xref.XRefEntry]:
    """The entries of a stream. Raises PdfReadError, and as pyHanko does."""
    announced = list(xref_stream["/Index"])[1::2] if "/Index" in xref_stream else [xref_stream["/Size"]]
    width = sum(int(one) for one in xref_stream["/W"])
    if width <= 0 or min(announced, default=0) < 0:
        raise PdfReadError("a cross-reference stream without entries")
    present = len(xref_stream.read_data(DecodePurpose.XREF_STREAM)) // width
    if sum(int(one) for one in announced) > present + _SHORT:
        raise PdfReadError(f"{present} cross-reference entries where more are announced")
    return _unbounded(xref_stream, strict=strict)
