"""A red seal on a photographed form: red by its hue, round by its ring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ca.photos.decoding import decode
from ca.photos.model import SealFound

_COARSE: Final = 1200
_HUES: Final = ((0, 11), (160, 180))  # OpenCV counts hue to 180; red lies at both ends
_LEAST_SIDE: Final = 0.03  # of the photo's longer side: 40 mm on a page that fills a quarter of it
_ROUND: Final = 0.7  # shorter by longer axis: a seal seen at 45° still passes
_WHOLE: Final = 0.72  # of the ring's directions show red
_FULL: Final = 0.8  # more of the disc red: a blot, a button, a desk


@dataclass(frozen=True, slots=True)
class _Ring:
    centre: tuple[float, float]
    axes: tuple[float, float]
    whole: float
    full: float


def find_seal(photo: bytes) -> SealFound | None:
    """The largest round red seal in ``photo``, or None. Raises what ``decode`` raises."""
    pixels = np.asarray(decode(photo))
    scale = min(1.0, _COARSE / max(pixels.shape[:2]))
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    rings = [ring for ring in _rings(_red(small)) if ring.whole >= _WHOLE and ring.full <= _FULL]
    if not rings:
        return None
    best = max(rings, key=lambda ring: ring.axes[0] * ring.axes[1] * ring.whole)
    high, wide = small.shape[:2]
    return SealFound(
        x=best.centre[0] / wide,
        y=best.centre[1] / high,
        width=best.axes[0] / wide,
        height=best.axes[1] / high,
        score=round(best.whole, 3),
    )


def _red(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """255 where red stands out of what is around: pink paper or evening light is no seal."""
    hsv = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV)
    hue, strength = hsv[..., 0], hsv[..., 1]
    hued = np.zeros(hue.shape, bool)
    for low, high in _HUES:
        hued |= (hue >= low) & (hue <= high)
    least = max(70, float(np.median(strength)) + 40)
    red = np.asarray(hued & (strength > least) & (hsv[..., 2] > 50), np.uint8) * 255
    return np.asarray(cv2.morphologyEx(red, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)), np.uint8)


def _rings(red: NDArray[np.uint8]) -> list[_Ring]:
    """Every connected red thing whose outline is an ellipse."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(red)
    least = _LEAST_SIDE * max(red.shape)
    large = [n for n in range(1, count) if min(stats[n, 2], stats[n, 3]) >= least]
    found = (_ring(red, np.asarray(labels == number)) for number in large[:40])
    return [ring for ring in found if ring is not None]


def _ring(red: NDArray[np.uint8], piece: NDArray[np.bool_]) -> _Ring | None:
    hull = cv2.convexHull(cv2.findNonZero(piece.view(np.uint8)))
    if len(hull) < 8:
        return None
    (x, y), (minor, major), turn = cv2.fitEllipse(hull)
    if minor < _ROUND * major or not 0.9 < cv2.contourArea(hull) / (np.pi / 4 * minor * major) < 1.1:
        return None
    rows, columns = np.nonzero(red)
    angle = np.radians(turn)
    right, down = columns - x, rows - y
    along = (right * np.cos(angle) + down * np.sin(angle)) / (minor / 2)
    across = (down * np.cos(angle) - right * np.sin(angle)) / (major / 2)
    radius = np.hypot(along, across)
    seen = np.unique(np.floor(np.arctan2(across, along)[(radius > 0.88) & (radius < 1.06)] / (np.pi / 36)))
    full = float((radius <= 1).sum() / (np.pi / 4 * minor * major))
    _, _, width, height = cv2.boundingRect(hull)
    return _Ring((float(x), float(y)), (float(width), float(height)), len(seen) / 72, full)
