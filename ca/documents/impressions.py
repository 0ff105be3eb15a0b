"""From placements to what is drawn: on which page, in which rectangle, and which part of the picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ca.documents.errors import KeywordNotFound, SeamTooShort, TooManyImpressions
from ca.documents.geometry import PageGeometry, Rectangle
from ca.documents.keywords import Found, find_keyword
from ca.documents.placing import AtKeyword, OnEveryPage, Place, Placement, Seam, Which
from ca.documents.sealable import SealablePdf
from ca.documents.seam import WHOLE, Share, centre, groups, share

MOST: Final = 2000
"""Impressions of one seal in one document."""

Size = tuple[float, float]  # width and height, mm


@dataclass(frozen=True, slots=True)
class Impression:
    """One mark of the seal. ``page``: from 0; ``box``: in its user space; ``share``: of the picture."""

    page: int
    box: Rectangle
    geometry: PageGeometry
    share: Share = WHOLE


def impressions(document: SealablePdf, placements: Sequence[Placement], size: Size) -> list[Impression]:
    """What a seal of ``size`` leaves in the document, at least one mark.

    Raises PageNotFound, SealOffPage, KeywordNotFound, SeamTooShort, TooManyImpressions, PdfDamaged.
    """
    found: list[Impression] = []
    for one in placements:
        for mark in _of(document, one, size):
            found.append(mark)
            if len(found) > MOST:
                raise TooManyImpressions(f"more than {MOST} impressions", most=MOST)
    return found


def _of(document: SealablePdf, one: Placement, size: Size) -> Iterator[Impression]:
    match one:
        case Place():
            yield _at(document, document.page_index(one.page), one.x_mm, one.y_mm, size)
        case OnEveryPage():
            for page in range(len(document.pages)):
                yield _at(document, page, one.x_mm, one.y_mm, size)
        case AtKeyword():
            yield from _beside(document, one, size)
        case Seam():
            yield from _across(document, one, size)


def _at(document: SealablePdf, page: int, x_mm: float, y_mm: float, size: Size) -> Impression:
    geometry = document.geometry(page)
    return Impression(page, geometry.rectangle(x_mm, y_mm, *size), geometry)


def _beside(document: SealablePdf, one: AtKeyword, size: Size) -> Iterator[Impression]:
    occurrences = find_keyword(document, one.text)
    if not occurrences:
        raise KeywordNotFound(f"{one.text!r} is not in the document's text", keyword=one.text)
    for found in _chosen(occurrences, one.which):
        x_mm, y_mm = document.geometry(found.page).shown_mm(found.x, found.y)
        yield _at(document, found.page, x_mm + one.dx_mm, y_mm + one.dy_mm, size)


def _chosen(occurrences: list[Found], which: Which) -> list[Found]:
    return {Which.FIRST: occurrences[:1], Which.LAST: occurrences[-1:], Which.ALL: occurrences}[which]


def _across(document: SealablePdf, one: Seam, size: Size) -> Iterator[Impression]:
    first, last = one.pages or (0, -1)
    pages = range(document.page_index(first), document.page_index(last) + 1)
    if len(pages) < 2:
        raise SeamTooShort(f"{len(pages)} pages have no seam")
    for group in groups(pages):
        along = _middle(document.geometry(group[0]), one) if one.along_mm is None else one.along_mm
        for number, page in enumerate(group):
            yield _shared(document, page, one, along, share(one.edge, number, len(group)), size)


def _shared(document: SealablePdf, page: int, one: Seam, along: float, part: Share, size: Size) -> Impression:
    geometry = document.geometry(page)
    part_size = size[0] * (part[2] - part[0]), size[1] * (part[3] - part[1])
    x_mm, y_mm = centre(one.edge, along, geometry.size_mm, part_size)
    return Impression(page, geometry.rectangle(x_mm, y_mm, *part_size), geometry, part)


def _middle(geometry: PageGeometry, one: Seam) -> float:
    width, height = geometry.size_mm
    return (height if one.edge in ("right", "left") else width) / 2
