"""Where seals go in a document: at a point, beside a keyword, on every page, or across the edges (骑缝章).

All measures are millimetres on the page as shown, after cropping and rotation: right and down from its top
left corner, to the centre of the seal. Pages count from 0, or from the end when negative.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Which(StrEnum):
    """Which of a keyword's occurrences, in the order of reading."""

    FIRST = "first"
    LAST = "last"
    ALL = "all"


class Edge(StrEnum):
    """The edge of the pages that a seam seal lies across."""

    RIGHT = "right"
    LEFT = "left"
    TOP = "top"
    BOTTOM = "bottom"


@dataclass(frozen=True, slots=True)
class Place:
    """A point of one page."""

    page: int
    x_mm: float
    y_mm: float


@dataclass(frozen=True, slots=True)
class AtKeyword:
    """The middle of a text, moved by ``dx_mm`` to the right and ``dy_mm`` down.

    Spaces and line breaks in the document do not matter, nor do full-width and compatibility forms.
    """

    text: str
    which: Which = Which.LAST
    dx_mm: float = 0.0
    dy_mm: float = 0.0


@dataclass(frozen=True, slots=True)
class OnEveryPage:
    """The same point of each page."""

    x_mm: float
    y_mm: float


@dataclass(frozen=True, slots=True)
class Seam:
    """Across the edges of the pages: each has its share, and the fanned pages show the whole seal.

    ``along_mm``: from the upper, or left, end of the edge to the centre; the middle of the first page's edge
    unless given. ``pages``: first and last, both included; all of them unless given.
    """

    edge: Edge = Edge.RIGHT
    along_mm: float | None = None
    pages: tuple[int, int] | None = None


Placement = Place | AtKeyword | OnEveryPage | Seam
"""Any of them. All placements of one sealing are one signature."""
