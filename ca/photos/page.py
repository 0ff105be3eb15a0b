"""A sheet of paper in a photo: found by its brightness, laid straight."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Matrix = NDArray[np.float64]
"""3 by 3: from pixels of the photo to pixels of the picture laid straight."""

_COARSE: Final = 600
_LEAST_AREA: Final = 0.2  # of the photo
_FITS: Final = 0.94  # of its quadrangle is sheet
_INSET: Final = 0.012  # of the sheet's sides is cut away: the edge and its shadow


def laid_straight(pixels: Pixels) -> tuple[Pixels, Matrix]:
    """The sheet of a photo, or the whole photo when no sheet with four corners is seen."""
    corners = sheet_corners(pixels)
    if corners is None:
        return pixels, np.eye(3)
    return unwarped(pixels, corners, _INSET)


def unwarped(pixels: Pixels, corners: NDArray[Any], inset: float = 0.0) -> tuple[Pixels, Matrix]:
    """What four corners enclose, as a rectangle with sides as long as the longer ones seen."""
    upper_left, upper_right, lower_right, lower_left = corners
    wide = max(np.linalg.norm(upper_right - upper_left), np.linalg.norm(lower_right - lower_left))
    high = max(np.linalg.norm(lower_left - upper_left), np.linalg.norm(lower_right - upper_right))
    size = (max(round(float(wide) * (1 - 2 * inset)), 1), max(round(float(high) * (1 - 2 * inset)), 1))
    left, top = float(wide) * inset, float(high) * inset
    aim = np.array(
        [[-left, -top], [size[0] + left, -top], [size[0] + left, size[1] + top], [-left, size[1] + top]]
    )
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), aim.astype(np.float32))
    flat = cv2.warpPerspective(pixels, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(flat, np.uint8), np.asarray(matrix, np.float64)


def sheet_corners(pixels: Pixels) -> NDArray[np.float64] | None:
    """Clockwise from the upper left, in pixels; None unless a bright quadrangle stands out."""
    scale = min(1.0, _COARSE / max(pixels.shape[:2]))
    coarse = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    bright = cv2.GaussianBlur(coarse.min(axis=2), (0, 0), 2.0)
    _, sheet = cv2.threshold(bright, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    sheet = cv2.morphologyEx(sheet, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
    contours, _ = cv2.findContours(sheet, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if not contours:
        return None
    contour = max(contours, key=cv2.contourArea)
    corners = quadrangle(contour)
    if corners is None or not _stands_out(contour, corners, coarse.shape[:2]):
        return None
    return np.asarray(corners / scale)


def quadrangle(contour: NDArray[Any]) -> NDArray[np.float64] | None:
    """The four corners of a contour's hull, clockwise from the upper left; None when it has not four."""
    hull = cv2.convexHull(contour)
    for tolerance in (0.01, 0.02, 0.035, 0.05):
        rough = cv2.approxPolyDP(hull, tolerance * cv2.arcLength(hull, True), True)
        if len(rough) == 4:
            return _clockwise(np.asarray(rough, np.float64).reshape(4, 2))
    return None


def _clockwise(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    middle = corners.mean(axis=0)
    turn = np.argsort(np.arctan2(corners[:, 1] - middle[1], corners[:, 0] - middle[0]))
    ordered = corners[turn]
    return np.roll(ordered, -int(np.argmin(ordered.sum(axis=1))), axis=0)


def _stands_out(contour: NDArray[Any], corners: NDArray[np.float64], shape: tuple[int, ...]) -> bool:
    area = cv2.contourArea(corners.astype(np.float32))
    if area < _LEAST_AREA * shape[0] * shape[1] or cv2.contourArea(contour) < _FITS * area:
        return False
    edge = 3
    inside = (corners > edge) & (corners < np.array([shape[1], shape[0]]) - edge)
    return bool(inside.all(axis=1).sum() >= 3)
