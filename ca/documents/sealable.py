"""What can be sealed, and what must be refused before anything is signed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, BinaryIO

from pyhanko.pdf_utils.reader import PdfFileReader

from ca.documents.errors import PageNotFound, PdfActive, PdfDamaged, PdfEmpty, PdfPermissionDenied
from ca.documents.geometry import PageGeometry
from ca.documents.hybrid import check_hybrid
from ca.documents.reading import DEEPEST, MAX_BYTES, entry, leaves, opened, refusing_damage
from ca.documents.restrictions import check_restrictions
from ca.documents.scripts import has_script
from ca.documents.terms import PLAIN, Terms


@dataclass(frozen=True, slots=True)
class SealablePdf:
    """A PDF that may be sealed: readable, without scripts, not locked by a signature."""

    reader: PdfFileReader
    pages: tuple[Any, ...]  # page dictionaries in their order
    password: str | None = field(default=None, repr=False)  # that opened it

    def page_index(self, page: int) -> int:
        """``page`` counted from 0. Raises PageNotFound."""
        count = len(self.pages)
        if not -count <= page < count:
            raise PageNotFound(f"page {page} of {count}", pages=count)
        return page % count

    def content(self) -> bytes:
        """The file, whole."""
        self.reader.stream.seek(0)
        return bytes(self.reader.stream.read())

    def geometry(self, index: int) -> PageGeometry:
        """What a viewer shows of a page. Raises PdfDamaged."""
        with refusing_damage():
            return _geometry(self.pages[index])


def open_sealable(pdf: bytes | BinaryIO, max_bytes: int = MAX_BYTES, terms: Terms = PLAIN) -> SealablePdf:
    """Read ``pdf`` and check that it may be sealed. Raises the subclasses of DocumentRefused."""
    reader, may_change = opened(pdf, max_bytes, terms.password)
    if not may_change:
        raise PdfPermissionDenied("the user's password does not allow changes; the owner's does")
    with refusing_damage():
        check_hybrid(reader)
        pages = tuple(leaves(reader.root["/Pages"], "/Kids"))
        if not pages:
            raise PdfEmpty("the page tree has no leaves")
        if has_script(reader.root, pages):
            raise PdfActive("a JavaScript action was found")
        check_restrictions(reader, terms)
    return SealablePdf(reader, pages, terms.password)


def _geometry(page: Any) -> PageGeometry:
    media = _box(_inherited(page, "/MediaBox"))
    crop = _box(_inherited(page, "/CropBox") or media)
    # ISO 32000-1, 14.11.2.1: a crop box is cut to the media box.
    shown = (
        max(crop[0], media[0]),
        max(crop[1], media[1]),
        min(crop[2], media[2]),
        min(crop[3], media[3]),
    )
    rotation = int(_inherited(page, "/Rotate") or 0) % 360
    if rotation % 90 or shown[0] >= shown[2] or shown[1] >= shown[3]:
        raise PdfDamaged(f"page rotated by {rotation}, box {shown}")
    return PageGeometry(shown, rotation, float(entry(page, "/UserUnit", 1)))


def _box(corners: Any) -> tuple[float, float, float, float]:
    """A PDF rectangle as left, bottom, right, top; any two opposite corners may be given (7.9.5)."""
    x0, y0, x1, y1 = (float(number) for number in corners)
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _inherited(page: Any, key: str) -> Any:
    """A page attribute, its own or the nearest ancestor's (7.7.3.4)."""
    for _ in range(DEEPEST):
        if key in page:
            return page[key]
        if "/Parent" not in page:
            return None
        page = page["/Parent"]
    raise PdfDamaged("the page tree runs in a circle")
