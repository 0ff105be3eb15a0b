"""Where a text stands on the pages of an OFD document (GB/T 33190, 11): its own text, no pictures of text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ca.documents.errors import KeywordNotFound, TooManyImpressions
from ca.documents.placing import AtKeyword, Which
from ca.ofd import xml
from ca.ofd.document import Page
from ca.ofd.errors import OfdDamaged
from ca.ofd.package import Package

MOST: Final = 2000
_ABOVE_BASELINE: Final = 0.35  # of the size: the middle of a character over its baseline
_UPRIGHT: Final = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Found:
    """An occurrence: its page, and its middle in mm from the page's top left corner."""

    page: Page
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class _Character:
    text: str
    x: float
    y: float


def find_keyword(package: Package, pages: Sequence[Page], wanted: AtKeyword) -> list[Found]:
    """The occurrences that are asked for, in reading order, one at least.

    Raises KeywordNotFound, TooManyImpressions, OfdDamaged, OfdXmlRefused.
    """
    found: list[Found] = []
    for page in pages:
        found += _on_page(package, page, _plain(wanted.text))
        if len(found) > MOST:
            raise TooManyImpressions(f"more than {MOST} occurrences", most=MOST)
    if not found:
        raise KeywordNotFound(f"{wanted.text!r} is not in the document's text", keyword=wanted.text)
    return {Which.FIRST: found[:1], Which.LAST: found[-1:], Which.ALL: found}[wanted.which]


def _plain(text: str) -> str:
    """Without spaces, in compatibility form: as keywords in PDFs are compared."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def _on_page(package: Package, page: Page, wanted: str) -> list[Found]:
    characters = list(_characters(xml.parse(package.read(page.path))))
    text = "".join(one.text for one in characters)
    at, found = text.find(wanted) if wanted else -1, []
    while at >= 0:
        first, last = characters[at], characters[at + len(wanted) - 1]
        same_line = abs(first.y - last.y) < 1
        x = (first.x + last.x) / 2 if same_line else first.x
        found.append(Found(page, x - page.box[0], first.y - page.box[1]))
        at = text.find(wanted, at + len(wanted))
    return found


def _characters(content: xml.Element) -> Iterator[_Character]:
    """Every character of the page with its middle in page space; one entry a character that is compared."""
    for shown in content.iter("{*}TextObject"):
        left, top = _numbers(shown.get("Boundary", ""), 4)[:2]
        size = _numbers(shown.get("Size", "3.5"), 1)[0]
        matrix = _numbers(shown.get("CTM", ""), 6) if shown.get("CTM") else _UPRIGHT
        for code in xml.children(shown, "TextCode"):
            for text, x, y in _placed(code, size):
                a, b, c, d, e, f = matrix
                place = left + a * x + c * y + e, top + b * x + d * y + f
                yield from (_Character(one, *place) for one in _plain(text))


def _placed(code: xml.Element, size: float) -> Iterator[tuple[str, float, float]]:
    """The characters of a TextCode with their middles in the object's space."""
    text = (code.text or "").strip("\r\n")
    x, y = _numbers(code.get("X", "0"), 1)[0], _numbers(code.get("Y", "0"), 1)[0]
    right, down = _deltas(code.get("DeltaX", "")), _deltas(code.get("DeltaY", ""))
    for one in text:
        width = size if unicodedata.east_asian_width(one) in "WF" else size / 2
        yield one, x + width / 2, y - size * _ABOVE_BASELINE
        x, y = x + next(right, width if not code.get("DeltaY") else 0.0), y + next(down, 0.0)


def _deltas(told: str) -> Iterator[float]:
    """Distances between characters; ``g 5 3.5`` says 3.5 five times (GB/T 33190, 11.3)."""
    parts = iter(told.split())
    for one in parts:
        if one != "g":
            yield from _numbers(one, 1)
            continue
        times, distance = next(parts, ""), next(parts, "")
        if not (times.isascii() and times.isdigit() and len(times) < 6):
            raise OfdDamaged("not a row of distances")
        yield from _numbers(distance, 1) * int(times)


def _numbers(told: str, count: int) -> list[float]:
    try:
        found = [float(one) for one in told.split()]
    except ValueError as error:
        raise OfdDamaged(f"not numbers: {told[:60]!r}") from error
    if len(found) != count or any(abs(one) > 1e6 or one != one for one in found):
        raise OfdDamaged(f"{count} numbers are expected: {told[:60]!r}")
    return found
