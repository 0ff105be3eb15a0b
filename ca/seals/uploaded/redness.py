"""How much red ink is on every pixel of a picture, whatever the light and the paper.

Red is told by its hue in HSV, at both ends of the circle; how much of it by what it takes from green and blue
compared with the paper around. Print under a seal stays red where the ink covers it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ca.seals.uploaded.errors import PictureNotASeal

_HUES: Final = ((0, 12), (160, 180))  # OpenCV counts hue to 180
_LEAST_EXCESS: Final = 24.0  # of red over green and blue, of 255: paler is no ink
_FAINT: Final = 0.18  # of the ink's own strength where opacity begins
_STRONG: Final = 0.7  # where it is full


@dataclass(frozen=True, slots=True)
class Redness:
    """``inked``: 0 to 255, the opacity of the ink."""

    inked: NDArray[np.uint8]

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width, pixels."""
        return int(self.inked.shape[0]), int(self.inked.shape[1])


def redness_of(pixels: NDArray[Any]) -> Redness:
    """``pixels``: RGB. Raises PictureNotASeal when nothing stands out as red."""
    values = pixels.astype(np.int16)
    excess = np.asarray(values[..., 0] - np.maximum(values[..., 1], values[..., 2]), np.float32)
    excess -= max(float(np.median(excess)), 0.0)  # pink paper, evening light
    hue = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV)[..., 0]
    hued = np.zeros(hue.shape, bool)
    for low, high in _HUES:
        hued |= (hue >= low) & (hue <= high)
    excess = np.where(hued, excess, 0)
    strong = excess[excess > _LEAST_EXCESS]
    if strong.size < 200:
        raise PictureNotASeal("no red ink")
    ink = float(np.percentile(strong, 70))
    opacity = np.clip((excess / ink - _FAINT) / (_STRONG - _FAINT), 0, 1)
    return Redness(np.asarray(opacity * 255, np.uint8))
