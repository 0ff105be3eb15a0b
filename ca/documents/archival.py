"""Documents for the archive (PDF/A, ISO 19005): which part they claim, and what a seal may not bring into
them.

The picture is good for every part as it is drawn: fonts embedded, with CIDSet, and colours by an ICC
profile. What part 1 forbids on top of that is transparency.
"""

from __future__ import annotations

import re
from typing import Any, Final

from pyhanko.pdf_utils.generic import IndirectObject
from pyhanko.pdf_utils.reader import PdfFileReader

from ca.documents.reading import entry

_PART: Final = re.compile(rb"pdfaid:part\s*(?:=\s*[\"']|>)\s*([1-4])")
_DEEPEST: Final = 32
_OPAQUE: Final = ("/CA", "/ca")


def archival_part(reader: PdfFileReader) -> int | None:
    """The part of PDF/A that the document's metadata claim; None where they claim none."""
    metadata = entry(reader.root, "/Metadata")
    if metadata is None:
        return None
    found = _PART.search(metadata.data)
    return int(found[1]) if found else None


def is_transparent(drawn: Any, depth: int = 0) -> bool:
    """Whether a form, or anything that it draws with, is transparent (ISO 19005-1, 6.4)."""
    if depth > _DEEPEST:
        return True
    drawn = drawn.get_object() if isinstance(drawn, IndirectObject) else drawn  # type: ignore[no-untyped-call]
    resources = entry(drawn, "/Resources", {})
    states = entry(resources, "/ExtGState", {})
    if "/SMask" in drawn or "/Group" in drawn or any(_blends(states[name]) for name in states):
        return True
    inner = entry(resources, "/XObject", {})
    return any(is_transparent(inner[name], depth + 1) for name in inner)


def _blends(state: Any) -> bool:
    if entry(state, "/SMask", "/None") != "/None" or entry(state, "/BM", "/Normal") not in (
        "/Normal",
        "/Compatible",
    ):
        return True
    return any(float(entry(state, key, 1)) != 1 for key in _OPAQUE)
