"""Handwriting or print? What tells them apart is measured on a group of strokes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from ca.seals.handwriting.clutter import Parts, stroke_width
from ca.seals.handwriting.ink import Ink, Mask

_BROAD: Final = 5.5  # degrees about an axis; print too small to be seen sharply keeps within
_NARROW: Final = (
    1.5  # the same for large characters: a hand that writes neatly strays further, print does not
)
_SMALL: Final = 70  # pixels: characters that are lower are measured broadly
_ALIGNED: Final = 0.33  # more of the edges along two axes: print, if small
_ALIGNED_LARGE: Final = 0.4  # the same, narrowly, for large characters
_ALIGNED_LONG: Final = 0.2  # for a row too long for a signature
_LEAST_PIECES: Final = 4  # fewer may be a broken stroke or rule
_LARGE: Final = 1.9  # times the usual height of pieces: no character of print


@dataclass(frozen=True, slots=True)
class Script:
    """A group of strokes: where it is, and what it looks like."""

    mask: Mask
    box: tuple[int, int, int, int]  # left, top, width, height
    pen: float  # breadth of the stroke, in pixels
    aligned: float  # part of the edges within 1.5° of two perpendicular axes, 0.03 by chance
    steady: float  # deviation of the stroke's breadth, in parts of it
    fill: float  # part of the box that is ink
    sharp: float  # darkness of the ink, 0 to 1
    paper: float  # part of the ground around that is even paper
    bright: float  # the brightest channel of the ink, 0 to 255

    @property
    def score(self) -> float:
        """0 to 1: how surely this is a signature. Print, blots and textures are near 0."""
        _, _, width, height = self.box
        tall = height / max(self.pen, 1.0)
        parts = (
            _falling(self.aligned, 0.38, 0.48),
            _rising(tall, 4.0, 9.0) * _falling(tall, 90.0, 160.0),
            _falling(self.steady, 0.55, 1.1),
            _rising(self.fill, 0.012, 0.03) * _falling(self.fill, 0.4, 0.6),
            _rising(self.sharp, 0.15, 0.4),
            _falling(width / max(height, 1), 9.0, 14.0),
            _rising(self.paper, 0.6, 0.85),
            _falling(self.bright, 185.0, 225.0),
        )
        return float(np.prod(parts))


def scripts_of(ink: Ink, mask: Mask) -> list[Script]:
    """The groups of strokes that are near each other, print dropped, the largest first."""
    left = without_print(ink, mask)
    return sorted((measured(ink, group) for group in _groups(left)), key=lambda one: -int(one.mask.sum()))


def without_print(ink: Ink, mask: Mask) -> Mask:
    """Drop rows of small characters whose edges lie along two axes."""
    parts = Parts.of(mask)
    if len(parts.stats) < 4:
        return mask
    heights = parts.stats[1:, cv2.CC_STAT_HEIGHT].astype(float)
    usual = float(
        np.percentile(heights[heights > np.median(heights) * 0.5], 75)
    )  # many pieces are half a character
    small = parts.only(parts.stats[:, cv2.CC_STAT_HEIGHT] < _LARGE * usual)
    gap = np.ones((max(3, round(usual * 0.35)) | 1, max(3, round(usual * 0.9)) | 1), np.uint8)
    rows = Parts.of(cv2.morphologyEx(small.view(np.uint8), cv2.MORPH_CLOSE, gap) > 0)
    printed = np.array(
        [number > 0 and _is_print(ink, small, rows, number) for number in range(len(rows.stats))]
    )
    if not printed.any():
        return mask
    # The rest of small pieces beside print is print too, unless it belongs to a larger stroke.
    tall = heights[heights >= _LARGE * usual]
    around = round(max(2 * usual, float(np.median(tall)) if tall.size else 0)) | 1
    large = cv2.dilate((mask & ~small).view(np.uint8), np.ones((around, around), np.uint8)) > 0
    printed |= np.bincount(rows.labels[large & small], minlength=len(printed)) == 0
    return np.asarray(mask & ~(small & rows.only(printed)))


def _is_print(ink: Ink, small: Mask, rows: Parts, number: int) -> bool:
    """Whether a row of small pieces is print: long and fairly aligned, or clearly aligned."""
    x, y, width, height, _ = rows.stats[number]
    if width < 2.2 * height and height < 3 * width:
        return False
    window = np.s_[y : y + height, x : x + width]
    piece = small[window] & (rows.labels[window] == number)
    if len(Parts.of(piece).stats) < 1 + _LEAST_PIECES:
        return False
    _, sides, _ = cv2.minAreaRect(cv2.findNonZero(piece.view(np.uint8)))
    long = max(sides) / max(min(sides), 1.0)
    if long > 6:
        return aligned_part(ink, piece, window, _BROAD) > _ALIGNED_LONG
    if min(sides) < _SMALL:
        return aligned_part(ink, piece, window, _BROAD) > _ALIGNED
    return aligned_part(ink, piece, window, _NARROW) > _ALIGNED_LARGE


def measured(ink: Ink, mask: Mask) -> Script:
    """Measure one group."""
    x, y, width, height = cv2.boundingRect(mask.view(np.uint8))
    window = np.s_[y : y + height, x : x + width]
    inside = mask[window]
    far = cv2.distanceTransform(np.pad(inside, 1).view(np.uint8), cv2.DIST_L2, 3)
    ridge = far[(far > 0) & (far >= cv2.dilate(far, np.ones((3, 3), np.uint8)))]
    ground = ink.flat[window][cv2.dilate(inside.view(np.uint8), np.ones((9, 9), np.uint8)) == 0]
    steady = float(ridge.std() / ridge.mean()) if ridge.size else 9.0
    return Script(
        mask=mask,
        box=(x, y, width, height),
        pen=stroke_width(np.pad(inside, 1)),
        aligned=aligned_part(ink, inside, window, _NARROW),
        steady=steady,
        fill=float(inside.mean()),
        sharp=float(np.median(ink.darkness[window][inside])) if inside.any() else 0.0,
        paper=float(np.mean(np.abs(ground.astype(np.int16) - 240).max(axis=1) < 30)) if len(ground) else 0.0,
        bright=float(np.median(ink.flat[window][inside], axis=0).max()),
    )


def aligned_part(ink: Ink, mask: Mask, window: tuple[slice, slice], degrees: float) -> float:
    """The part of the edge that lies within ``degrees`` of two perpendicular axes, those that fit best."""
    soft = cv2.GaussianBlur(ink.darkness[window], (0, 0), 1.0)
    across, down = (cv2.Sobel(soft, cv2.CV_32F, *axis, ksize=5) for axis in ((1, 0), (0, 1)))
    strength = np.hypot(across, down)
    near = cv2.dilate(mask.view(np.uint8), np.ones((3, 3), np.uint8)) > 0
    edge = near & (strength > 0.25 * float(strength[near].max(initial=0)))
    if not edge.any():
        return 1.0
    angle = np.degrees(np.arctan2(down[edge], across[edge])) % 90
    histogram = np.histogram(angle, 90, (0, 90), weights=strength[edge])[0]
    beside = int(degrees)  # bins of one degree, on each side of the middle one
    around = np.r_[histogram[-beside:], histogram, histogram[:beside]]
    return float(np.convolve(around, np.ones(2 * beside + 1), "valid").max() / histogram.sum())


def _groups(mask: Mask) -> list[Mask]:
    """Strokes that are nearer to each other than half a character."""
    parts = Parts.of(mask)
    if len(parts.stats) < 2:
        return []
    tall = float(np.sort(parts.stats[1:, cv2.CC_STAT_HEIGHT])[-3:].mean())
    scale = min(1.0, 600 / max(mask.shape))
    small = cv2.resize(mask.view(np.uint8) * 255, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    side = max(3, round(tall * scale * 0.6)) | 1
    joined = cv2.dilate(np.asarray(small > 0, np.uint8), np.ones((side, round(side * 1.5) | 1), np.uint8))
    whole = cv2.resize(joined, mask.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    groups = Parts.of(whole > 0)
    inked = np.bincount(groups.labels[mask], minlength=len(groups.stats))
    return [mask & (groups.labels == number) for number in np.argsort(-inked)[:4] if number and inked[number]]


def _rising(value: float, low: float, high: float) -> float:
    return float(np.clip((value - low) / (high - low), 0, 1))


def _falling(value: float, low: float, high: float) -> float:
    return 1 - _rising(value, low, high)
