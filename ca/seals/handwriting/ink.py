"""Telling ink from paper: illumination flattened, darkness measured against the paper around."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Darkness = NDArray[np.float32]

_COARSE: Final = 500  # longest side at which the paper is looked at
_FAINTEST: Final = 0.16  # darker than the paper by this part, or it is no ink
_NOISE: Final = 5.0  # and by this many standard deviations of the paper's own noise
_PALE: Final = 0.38  # of the ink's own darkness: what is paler is a rule, a stain or the other side


@dataclass(frozen=True, slots=True)
class Ink:
    """``darkness`` of every pixel (0 paper, 1 black), ``peak`` the darkest nearby, ``mask`` the ink."""

    flat: Pixels
    darkness: Darkness
    peak: Darkness
    mask: Mask


def ink_of(pixels: Pixels) -> Ink:
    """Find the ink of RGB ``pixels``.

    The red channel alone is looked at: blue and black pens are dark in it, red seals and rules are not.
    An edge lies where the darkness is half of the stroke's own, whatever the lens blurred.
    """
    flat = flattened(pixels)
    soft = cv2.GaussianBlur(flat[..., 0], (0, 0), 0.8)
    darkness = np.clip(1 - soft.astype(np.float32) / 240, 0, 1)
    floor = max(_FAINTEST, _NOISE * _noise(darkness))
    dark = darkness > floor
    level = float(np.percentile(darkness[dark][::7], 80)) if int(dark.sum()) > 50 else 1.0
    peak = cv2.dilate(darkness, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9)))
    peak = cv2.GaussianBlur(peak, (0, 0), 2.0)
    mask = (darkness > np.maximum(floor, _PALE * level)) & (darkness > 0.5 * peak)
    return Ink(flat, np.asarray(darkness, np.float32), np.asarray(peak, np.float32), mask)


def flattened(pixels: Pixels) -> Pixels:
    """The picture with its paper at 240 everywhere, whatever the light, shadow and tint were."""
    scale = min(1.0, _COARSE / max(pixels.shape[:2]))
    coarse = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    side = 2 * round(max(coarse.shape[:2]) * 0.025) + 1  # broader than a stroke, narrower than a shadow
    paper = cv2.morphologyEx(
        cv2.medianBlur(coarse, 3), cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    )
    paper = cv2.GaussianBlur(paper, (0, 0), side / 6)
    paper = cv2.resize(paper, pixels.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.divide(pixels, np.maximum(paper, 24), scale=240), np.uint8)


def _noise(darkness: NDArray[Any]) -> float:
    """Standard deviation of the paper, by the median, which strokes do not move."""
    some = darkness[::5, ::5]
    return float(1.4826 * np.median(np.abs(some - np.median(some))))
