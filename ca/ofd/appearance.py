"""Where a seal appears on the pages of an OFD document, in mm from the top left (GB/T 33190, 18.2.3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ca.documents import seam
from ca.documents.errors import PageNotFound, SealOffPage, SeamTooShort, TooManyImpressions
from ca.documents.placing import AtKeyword, Edge, OnEveryPage, Place, Placement, Seam
from ca.ofd.document import Box, Page
from ca.ofd.errors import OfdEmpty
from ca.ofd.keywords import MOST, find_keyword
from ca.ofd.package import Package

_TOLERANCE: Final = 0.2  # mm: a seal drawn to touch the edge is on the page
Size = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Appearance:
    """One StampAnnot. ``page``: its identifier; ``boundary``: of the whole seal, on that page; ``clip``: the
    part of the seal that shows, from the seal's own top left corner, None for all of it."""

    page: str
    boundary: Box
    clip: Box | None = None


def appearances(
    package: Package, pages: Sequence[Page], placements: Sequence[Placement], size: Size
) -> list[Appearance]:
    """What one signature shows, nothing without placements. ``size``: of the seal, width and height in mm.

    Raises OfdEmpty, PageNotFound, SealOffPage, KeywordNotFound, SeamTooShort, TooManyImpressions.
    """
    if not pages:
        raise OfdEmpty("the document has no page")
    found: list[Appearance] = []
    for placement in placements:
        for one in _of(package, pages, placement, size):
            found.append(one)
            if len(found) > MOST:
                raise TooManyImpressions(f"more than {MOST} impressions", most=MOST)
    return found


def _of(package: Package, pages: Sequence[Page], one: Placement, size: Size) -> Iterator[Appearance]:
    match one:
        case Place():
            yield _at(_page(pages, one.page), one.x_mm, one.y_mm, size)
        case OnEveryPage():
            yield from (_at(page, one.x_mm, one.y_mm, size) for page in pages)
        case AtKeyword():
            for found in find_keyword(package, pages, one):
                yield _at(found.page, found.x + one.dx_mm, found.y + one.dy_mm, size)
        case Seam():
            yield from _across(pages, one, size)


def _page(pages: Sequence[Page], number: int) -> Page:
    if not -len(pages) <= number < len(pages):
        raise PageNotFound(f"page {number} of {len(pages)}", pages=len(pages))
    return pages[number]


def _at(page: Page, x: float, y: float, size: Size) -> Appearance:
    left, top, width, height = page.box
    x0, y0 = x - size[0] / 2, y - size[1] / 2
    if not (_inside(x0, size[0], width) and _inside(y0, size[1], height)):
        raise SealOffPage(f"a seal of {size} mm at {x}, {y} is not inside {page.box}")
    return Appearance(page.id, (left + x0, top + y0, *size))


def _across(pages: Sequence[Page], one: Seam, size: Size) -> Iterator[Appearance]:
    first, last = one.pages or (0, -1)
    chosen = range(pages.index(_page(pages, first)), pages.index(_page(pages, last)) + 1)
    if len(chosen) < 2:
        raise SeamTooShort(f"{len(chosen)} pages")
    for group in seam.groups(chosen):
        for number, index in enumerate(group):
            yield _share(pages[index], one, size, seam.share(one.edge, number, len(group)))


def _share(page: Page, one: Seam, size: Size, share: seam.Share) -> Appearance:
    """The whole seal, so placed that its share lies along the edge; the rest is clipped."""
    (left, top, page_width, page_height), (width, height) = page.box, size
    x0, x1, y0, y1 = share[0] * width, share[2] * width, share[1] * height, share[3] * height
    upright = one.edge in (Edge.RIGHT, Edge.LEFT)
    length, extent = (page_height, height) if upright else (page_width, width)
    middle = one.along_mm if one.along_mm is not None else length / 2
    if not _inside(middle - extent / 2, extent, length):
        raise SealOffPage(f"a seal of {size} mm along {middle} is not inside {page.box}")
    x, y = seam.centre(one.edge, middle, (page_width, page_height), (x1 - x0, y1 - y0))
    corner = (left + x - (x0 + x1) / 2, top + y - (y0 + y1) / 2)
    return Appearance(page.id, (*corner, width, height), (x0, y0, x1 - x0, y1 - y0))


def _inside(begin: float, length: float, whole: float) -> bool:
    return begin >= -_TOLERANCE and begin + length <= whole + _TOLERANCE
