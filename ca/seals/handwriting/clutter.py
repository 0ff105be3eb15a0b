"""What is on paper beside handwriting: specks, rules, print."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ca.seals.handwriting.ink import Mask, Pixels

_LEAST_RULE: Final = 0.2  # of the picture's side along it
_LEAST_BROAD_RULE: Final = 0.5  # the same for one as broad as a pen's stroke
_HAIRLINE: Final = 0.0025  # of the picture's longer side: narrower than the line of a pen
_SUPPORT: Final = 0.75  # of a rule's length is ink
_EVEN: Final = 0.2  # a rule's breadth varies less than this part of it
_WAVE: Final = 0.3  # of its breadth: how far a rule strays from straight
_STRAIGHT: Final = 1500  # longest side at which rules are looked for


@dataclass(frozen=True, slots=True)
class Parts:
    """Connected pieces of ink: ``labels`` of the pixels, and a row (left, top, width, height, area) each."""

    labels: NDArray[np.int32]
    stats: NDArray[np.int32]

    @staticmethod
    def of(mask: Mask) -> Parts:
        """The pieces of a mask; row 0 is what is not ink."""
        _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
        return Parts(np.asarray(labels, np.int32), np.asarray(stats, np.int32))

    def only(self, wanted: NDArray[np.bool_]) -> Mask:
        """The mask of the pieces marked in ``wanted``; the ground is never among them."""
        chosen = wanted.copy()
        chosen[0] = False
        return np.asarray(chosen[self.labels])


def without_specks(mask: Mask) -> Mask:
    """Drop pieces too small for a dot of the pen: dust, grain, JPEG blocks."""
    parts = Parts.of(mask)
    if len(parts.stats) < 2:
        return mask
    areas = parts.stats[1:, cv2.CC_STAT_AREA]
    broad = stroke_width(parts.only(parts.stats[:, cv2.CC_STAT_AREA] >= np.percentile(areas, 60)))
    least = max(6.0, 0.7 * broad * broad)
    return parts.only(parts.stats[:, cv2.CC_STAT_AREA] >= least)


def stroke_width(mask: Mask) -> float:
    """How broad the pen is, in pixels: twice the distance from the ridge of a stroke to its edge."""
    far = cv2.distanceTransform(mask.view(np.uint8), cv2.DIST_L2, 3)
    ridge = far[(far > 0) & (far >= cv2.dilate(far, np.ones((3, 3), np.uint8)))]
    return 2 * float(np.median(ridge)) if ridge.size else 0.0


def without_rules(mask: Mask) -> Mask:
    """Erase straight lines that are longer than any stroke, and leave the strokes that cross them."""
    left = mask.copy()
    scale = min(1.0, _STRAIGHT / max(mask.shape))
    small = cv2.resize(mask.view(np.uint8) * 255, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    small = np.asarray(small > 60, np.uint8) * 255
    for flat, picture, target in ((True, small, left), (False, small.T.copy(), left.T)):
        for ends in _lines(picture, flat):
            _erase(target, ends / scale)
    return left


def _lines(picture: Pixels, flat: bool) -> list[NDArray[np.float64]]:
    """Long lines within 20° of level, as rows (x0, y0, x1, y1)."""
    least = _LEAST_RULE * picture.shape[1]
    run = max(9, round(least / 18))
    # A piece of a line is level for some pixels even when the line is not.
    level = cv2.morphologyEx(picture, cv2.MORPH_OPEN, np.ones((1, run), np.uint8))
    found = cv2.HoughLinesP(level, 1, np.pi / 720, round(least * 0.5), None, least, least * 0.12)
    if found is None:
        return []
    rows = np.asarray(found, np.float64).reshape(-1, 4)
    level_enough = np.abs(rows[:, 3] - rows[:, 1]) < 0.36 * np.abs(rows[:, 2] - rows[:, 0])
    return list(rows[level_enough][:200])


def _erase(mask: Mask, ends: NDArray[np.float64]) -> None:
    """Erase a nearly level line in place, column by column, wherever nothing but the line is there."""
    x0, y0, x1, y1 = ends
    if x1 <= x0:
        return
    slope = (y1 - y0) / (x1 - x0)
    reach = max(4, round(max(mask.shape) / 220))
    grown = (x1 - x0) * 0.05
    columns = np.arange(max(0, int(x0 - grown)), min(mask.shape[1], int(x1 + grown) + 1))
    middle = np.rint(y0 + slope * (columns - x0)).astype(int)
    rows = middle[None, :] + np.arange(-2 * reach, 2 * reach + 1)[:, None]
    inside = (rows >= 0) & (rows < mask.shape[0])
    strip = np.where(inside, mask[np.clip(rows, 0, mask.shape[0] - 1), columns], False)
    near = _run_at_middle(strip, reach)
    thick = near.sum(axis=0)
    there = thick > 0
    if there.mean() < _SUPPORT:
        return
    usual = float(np.median(thick[there]))
    if usual > max(2.5, _HAIRLINE * max(mask.shape)) and x1 - x0 < _LEAST_BROAD_RULE * mask.shape[1]:
        return
    if not _is_ruled(near[:, there], thick[there], usual):
        return
    gone = near & (thick <= 1.6 * usual + 1) & inside
    at_rows, at_columns = np.nonzero(gone)
    mask[rows[at_rows, at_columns], columns[at_columns]] = False


def _is_ruled(runs: Mask, thick: NDArray[np.int64], usual: float) -> bool:
    """Whether runs of ink, a column each, are as even and straight as only a ruler draws them."""
    alone = thick <= 1.6 * usual + 1  # the rest are crossings
    if alone.mean() < 0.5:
        return False
    rows = np.arange(runs.shape[0])[:, None]
    middles = (runs * rows).sum(axis=0)[alone] / thick[alone]
    at = np.flatnonzero(alone)
    slope, offset = np.polyfit(at, middles, 1)
    strays = float(np.median(np.abs(middles - slope * at - offset)))
    uneven = float(np.median(np.abs(thick[alone] - usual)))
    return uneven <= max(1.0, _EVEN * usual) and strays <= max(0.8, _WAVE * usual)


def _run_at_middle(strip: Mask, reach: int) -> Mask:
    """Of every column, the run of ink that is nearest the middle row, if it is within ``reach``."""
    middle = strip.shape[0] // 2
    offsets = np.abs(np.arange(strip.shape[0]) - middle)[:, None]
    away = np.where(strip, offsets, strip.shape[0])
    nearest = away.argmin(axis=0)
    found = away.min(axis=0) <= reach
    breaks = np.cumsum(~strip, axis=0)
    same = breaks == breaks[nearest, np.arange(strip.shape[1])]
    return np.asarray(strip & same & found)
