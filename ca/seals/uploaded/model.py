"""What is asked of a picture, and what is cut out of it. Without OpenCV."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Shape(StrEnum):
    """The outlines of seals."""

    OVAL = "oval"  # a circle too
    SQUARE = "square"


@dataclass(frozen=True, slots=True)
class Outline:
    """The true shape and size of a seal, mm."""

    shape: Shape
    width_mm: float
    height_mm: float


@dataclass(frozen=True, slots=True)
class CutSeal:
    """``png``: exactly the seal, upright, in one red on a transparent ground, ``ppi`` pixels to the inch."""

    png: bytes
    ppi: float
