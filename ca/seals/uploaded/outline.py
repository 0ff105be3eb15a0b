"""Where in a picture the seal's border is: an ellipse's ring, or a square's four sides."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ca.photos.page import quadrangle
from ca.seals.uploaded.errors import PictureNotASeal, SealCutOff, SeveralSeals
from ca.seals.uploaded.model import Outline, Shape
from ca.seals.uploaded.redness import Redness

_COARSE: Final = 1000  # pixels of the longer side: enough to find a border by
_LEAST: Final = 0.06  # of the picture's longer side
_WHOLE: Final = 0.75  # of a border's directions show red
_FULL: Final = 0.75  # more of the inside red: a blot
_SKEW: Final = 0.72  # shorter by longer axis of what is a circle: seen at 45° at most
_ELLIPSE: Final = (0.55, 0.95)  # the same of what is 40 by 30 mm
_RIVAL: Final = 0.5  # of the largest one's width: a second seal, no speck
Matrix = NDArray[np.float64]


def laid_on(red: Redness, outline: Outline, size: tuple[int, int]) -> tuple[Matrix, float]:
    """From the picture's pixels to those of a picture of exactly the seal, ``size`` wide and high; and how
    many of the picture's pixels are on a millimetre.

    Raises PictureNotASeal, SealCutOff, SeveralSeals.
    """
    scale = min(1.0, _COARSE / max(red.shape))
    small = cv2.resize(red.inked, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    seen = np.asarray(small > 64, np.uint8)
    mask = np.asarray(cv2.morphologyEx(seen, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)), np.uint8)
    piece = _largest(mask)
    hull = cv2.convexHull(cv2.findNonZero(piece))
    corners = _square(hull) if outline.shape is Shape.SQUARE else _oval(hull, mask, outline)
    wide = (np.linalg.norm(corners[1] - corners[0]) + np.linalg.norm(corners[2] - corners[3])) / 2
    high = (np.linalg.norm(corners[3] - corners[0]) + np.linalg.norm(corners[2] - corners[1])) / 2
    _check_inside(corners, outline, small.shape)
    aim = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
    matrix = cv2.getPerspectiveTransform((corners / scale).astype(np.float32), aim)
    a_mm = min(wide / outline.width_mm, high / outline.height_mm) / scale
    return np.asarray(matrix, np.float64), float(a_mm)


def _largest(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    if count < 2:
        raise PictureNotASeal("nothing red")
    extents = stats[1:, cv2.CC_STAT_WIDTH] * stats[1:, cv2.CC_STAT_HEIGHT]
    order = np.argsort(-extents) + 1
    first = stats[order[0]]
    if min(first[2], first[3]) < _LEAST * max(mask.shape):
        raise PictureNotASeal("nothing red of a seal's size")
    for other in order[1:]:
        x, y, wide, high = stats[other][:4]
        outside = not (
            first[0] <= x
            and first[1] <= y
            and x + wide <= first[0] + first[2]
            and y + high <= first[1] + first[3]
        )
        if outside and min(wide, high) > _RIVAL * min(first[2], first[3]):
            raise SeveralSeals("another red thing as large")
    return np.asarray(labels == order[0], np.uint8)


def _oval(hull: NDArray[Any], mask: NDArray[np.uint8], outline: Outline) -> Matrix:
    """The corners of the ellipse's frame, clockwise from the upper left."""
    if len(hull) < 8:
        raise PictureNotASeal("no round border")
    (x, y), (minor, major), turn = cv2.fitEllipse(hull)
    area = cv2.contourArea(hull) / (np.pi / 4 * minor * major)
    skew, is_round = minor / max(major, 1e-6), outline.width_mm == outline.height_mm
    fits = skew >= _SKEW if is_round else _ELLIPSE[0] <= skew <= _ELLIPSE[1]
    if not fits or not 0.92 < area < 1.08:
        raise PictureNotASeal("no border of this kind's shape")
    _check_border(mask, (x, y), (minor, major), turn)
    along = np.radians(turn)  # of the minor axis, from the right, clockwise
    if is_round:
        return _frame((x, y), minor, major, along, upright=True)
    level = along + np.pi / 2  # of the major axis, which lies
    level = (level + np.pi / 2) % np.pi - np.pi / 2
    return _frame((x, y), major, minor, level, upright=False)


def _frame(centre: tuple[float, float], first: float, second: float, turn: float, *, upright: bool) -> Matrix:
    """Corners of the frame round an ellipse with axes ``first`` at ``turn`` and ``second`` across it.

    A circle's picture keeps its own upright, whatever the axes of the ellipse that it is seen as.
    """
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    unit = rotation @ np.diag([first / 2, second / 2])
    if upright:
        unit = unit @ rotation.T
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float64)
    return np.asarray(corners @ unit.T + np.array(centre), np.float64)


def _check_border(
    mask: NDArray[np.uint8], centre: tuple[float, float], axes: tuple[float, float], turn: float
) -> None:
    rows, columns = np.nonzero(mask)
    angle = np.radians(turn)
    right, down = columns - centre[0], rows - centre[1]
    along = (right * np.cos(angle) + down * np.sin(angle)) / (axes[0] / 2)
    across = (down * np.cos(angle) - right * np.sin(angle)) / (axes[1] / 2)
    radius = np.hypot(along, across)
    seen = np.unique(np.floor(np.arctan2(across, along)[(radius > 0.9) & (radius < 1.06)] / (np.pi / 36)))
    full = float((radius <= 1).sum() / (np.pi / 4 * axes[0] * axes[1]))
    if len(seen) / 72 < _WHOLE or full > _FULL:
        raise PictureNotASeal(f"{len(seen)} of 72 directions of a border, {full:.0%} of the inside red")


def _square(hull: NDArray[Any]) -> Matrix:
    corners = quadrangle(hull)
    if corners is None:
        raise PictureNotASeal("no square border")
    sides = [float(np.linalg.norm(corners[n] - corners[n - 1])) for n in range(4)]
    fills = cv2.contourArea(hull) / max(cv2.contourArea(corners.astype(np.float32)), 1.0)
    if min(sides) < _SKEW * max(sides) or not 0.9 < fills < 1.1:
        raise PictureNotASeal("no square border")
    return corners


def _check_inside(corners: Matrix, outline: Outline, shape: tuple[int, ...]) -> None:
    """An oval's frame may stick out at its corners; the middles of its sides may not."""
    points = corners if outline.shape is Shape.SQUARE else (corners + np.roll(corners, -1, axis=0)) / 2
    edge = 1.0
    inside = (points > edge) & (points < np.array([shape[1], shape[0]]) - 1 - edge)
    if not inside.all():
        raise SealCutOff("the seal reaches the picture's edge")
