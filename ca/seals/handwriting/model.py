"""What is cut out of a photo. Without OpenCV, so that the service can name it and stay small."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

Corner = tuple[float, float]
"""A point of the upright photo, in parts of its width and height."""


class Style(StrEnum):
    """How a candidate shows the ink."""

    INK = "ink"  # the colour of the pen
    BLACK = "black"
    BOLD = "bold"  # black, and thicker: for a faint or very thin pen


@dataclass(frozen=True, slots=True)
class SignatureCandidate:
    """One cut-out: a PNG with transparent ground, its size in pixels, and where in the photo it was.

    ``score`` is 0 to 1, how surely this is handwriting. ``corners`` go clockwise from the upper left one.
    """

    png: bytes
    width: int
    height: int
    style: Style
    score: float
    corners: tuple[Corner, Corner, Corner, Corner]
