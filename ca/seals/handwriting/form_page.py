"""Our own application form in a photo: its table's frame gives the page, the page gives the place to sign."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ca.photos.page import Matrix, Pixels, quadrangle

# Millimetres of the page, as templates/enterprise-application.typ sets them; a test compares.
FRAME: Final = (20.0, 44.5, 190.0, 268.5)
"""The outer rule of the table: left, top, right, bottom."""
AREA: Final = (84.8, 198.5, 136.0, 239.0)
"""Where a signature can be: right of its label, below the text, left of the seal."""
LABEL: Final = (123.5, 211.0, 142.0, 220.5)
"""“单位公章：”, which the area includes because signatures run over it."""

_ROW: Final = 11.2
_RULES: Final = (4, 7, 10)  # rows that end with a rule across all columns
_CHECKED: Final = 4.0  # pixels to the millimetre at which the rules are looked for
_FINEST: Final = 14.0
_LEAST_AREA: Final = 0.15  # of the photo


def signing_area(pixels: Pixels) -> tuple[Pixels, Matrix, float] | None:
    """The area for the signature laid straight, the matrix to it, and its pixels to the millimetre."""
    for corners in _frames(pixels):
        if (page := _page(pixels, corners)) is not None:
            left, top, right, bottom = AREA
            fine = min(_FINEST, 1.3 * _scale(corners))
            matrix = np.diag([fine, fine, 1.0]) @ np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1.0]]) @ page
            size = (round((right - left) * fine), round((bottom - top) * fine))
            area = cv2.warpPerspective(pixels, matrix, size, flags=cv2.INTER_CUBIC)
            return np.asarray(area, np.uint8), np.asarray(matrix, np.float64), fine
    return None


def _frames(pixels: Pixels) -> list[NDArray[np.float64]]:
    """Quadrangles drawn with a thin rule, the largest first."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    side = (max(grey.shape) // 60) | 1
    dark = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, side, 9)
    dark = cv2.dilate(dark, np.ones((3, 3), np.uint8))
    contours, _ = cv2.findContours(dark, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    least = _LEAST_AREA * grey.size
    large = sorted(
        (one for one in contours if cv2.contourArea(cv2.convexHull(one)) > least), key=cv2.contourArea
    )
    found = (quadrangle(one) for one in large[::-1][:8])
    return [corners for corners in found if corners is not None]


def _scale(corners: NDArray[np.float64]) -> float:
    """Pixels of the photo to the millimetre, by the frame's area."""
    left, top, right, bottom = FRAME
    area = cv2.contourArea(corners.astype(np.float32))
    return float(np.sqrt(area / ((right - left) * (bottom - top))))


def _page(pixels: Pixels, corners: NDArray[np.float64]) -> Matrix | None:
    """From pixels to millimetres of the page, if the frame's inner rules are where the form has them."""
    left, top, right, bottom = FRAME
    aim = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
    for turn in range(4):  # a photo taken from the side, or upside down
        turned = np.roll(corners, turn, axis=0).astype(np.float32)
        matrix = np.asarray(cv2.getPerspectiveTransform(turned, aim), np.float64)
        if _rules_fit(pixels, matrix):
            return matrix
    return None


def _rules_fit(pixels: Pixels, page: Matrix) -> bool:
    matrix = np.diag([_CHECKED, _CHECKED, 1.0]) @ page
    small = cv2.warpPerspective(
        pixels, matrix, (round(210 * _CHECKED), round(297 * _CHECKED)), flags=cv2.INTER_AREA
    )
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.int16)
    left, top, right, _ = FRAME
    drawn = [_is_rule(grey, top + _ROW * row, left + 4, right - 4) for row in _RULES]
    drawn.append(_is_rule(grey.T, left + 13, top + 4, top + _ROW * 9))
    drawn.append(_is_rule(grey.T, left + 56, top + 4, top + _ROW * 9))
    empty = not _is_rule(grey, top + _ROW * 12, left + 4, right - 4)
    return sum(drawn) >= 4 and empty


def _is_rule(grey: NDArray[np.int16], at: float, begin: float, end: float) -> bool:
    """Whether a dark line runs across rows near ``at`` mm, from ``begin`` to ``end`` mm."""
    row = round(at * _CHECKED)
    strip = grey[row - 14 : row + 15, round(begin * _CHECKED) : round(end * _CHECKED)]
    darkest = strip[10:19].min(axis=0)
    around = np.median(strip, axis=0)
    return bool(np.mean(around - darkest > 12) > 0.7)
