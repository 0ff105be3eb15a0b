"""Where the seal goes, as an app would find it from the page it shows."""

from __future__ import annotations

from typing import Final

from ca.documents.sealable import open_sealable

_MM_PER_POINT: Final = 25.4 / 72
_FROM_RIGHT: Final = 55.0
_FROM_BOTTOM: Final = 45.0


def bottom_right(pdf: bytes) -> tuple[float, float]:
    """The centre of a seal near the bottom right of the last page: millimetres from its left and top.

    A page too small for that has its seal in the middle. Raises DocumentRefused.
    """
    source = open_sealable(pdf)
    geometry = source.geometry(len(source.pages) - 1)
    left, bottom, right, top = (corner * geometry.user_unit * _MM_PER_POINT for corner in geometry.shown)
    width, height = right - left, top - bottom
    if geometry.rotation % 180:
        width, height = height, width
    return max(width / 2, width - _FROM_RIGHT), max(height / 2, height - _FROM_BOTTOM)
