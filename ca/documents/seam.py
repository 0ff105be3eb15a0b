"""Sharing a seam seal (骑缝章) out among pages, so that pages fanned towards the edge show it whole.

The first page lies on top. Fanned to the right, every page stands out to the right of the one above it: from
left to right one sees the right edges of the first page, the second, and so on. Pure.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from ca.documents.placing import Edge

MOST_PAGES: Final = 20
"""Pages that share one seal: a round seal of 40 mm leaves a strip of 2 mm on each. More pages make groups."""

Share = tuple[float, float, float, float]
"""Part of a picture: left, top, right, bottom, each from 0 to 1."""
WHOLE: Final[Share] = (0.0, 0.0, 1.0, 1.0)


def groups(pages: range) -> list[range]:
    """``pages`` (consecutive, two at least) in groups as even as can be, none above ``MOST_PAGES``."""
    count = -(-len(pages) // MOST_PAGES)
    bounds = [len(pages) * number // count for number in range(count + 1)]
    return [pages[first:after] for first, after in pairwise(bounds)]


def share(edge: Edge, number: int, count: int) -> Share:
    """What page ``number`` (from 0) of ``count`` has of the picture."""
    if edge in (Edge.LEFT, Edge.TOP):  # there the first page shows what is furthest from the edge as well
        number = count - 1 - number
    first, last = number / count, (number + 1) / count
    if edge in (Edge.RIGHT, Edge.LEFT):
        return first, 0.0, last, 1.0
    return 0.0, first, 1.0, last


def centre(
    edge: Edge, along: float, page: tuple[float, float], size: tuple[float, float]
) -> tuple[float, float]:
    """Where the centre of a share goes, in millimetres: on a page of that size, for a share of that size."""
    (page_width, page_height), (width, height) = page, size
    return {
        Edge.RIGHT: (page_width - width / 2, along),
        Edge.LEFT: (width / 2, along),
        Edge.TOP: (along, height / 2),
        Edge.BOTTOM: (along, page_height - height / 2),
    }[edge]
