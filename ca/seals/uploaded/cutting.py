"""From an uploaded picture to the seal in it.

cut_seal(photo, Outline(Shape.OVAL, 40.0, 40.0))
"""

from __future__ import annotations

from io import BytesIO
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ca.photos.decoding import LONGEST_SIDE, decode
from ca.photos.page import laid_straight
from ca.seals.pixels import in_one_colour
from ca.seals.uploaded.errors import SealPictureSmall, SealSizeDiffers
from ca.seals.uploaded.model import CutSeal, Outline, Shape
from ca.seals.uploaded.outline import laid_on
from ca.seals.uploaded.redness import redness_of

NEEDED_PPI: Final = 300
_WRITTEN_PPI: Final = (
    400.0  # of the result at most: finer is not seen on paper, and travels in every signature
)
_MM: Final = 25.4
_TRUSTED_PPI: Final = (200, 2400)  # a phone writes 72 or 96, which mean nothing
_TOLERANCE: Final = 0.08  # of the size: ink spreads, rubber shrinks
_MAKE: Final = 0x010F  # Exif 2.32: a camera wrote it


def cut_seal(photo: bytes, outline: Outline) -> CutSeal:
    """The seal of this outline in ``photo``: laid straight, its ground made transparent, at true size.

    Raises what ``decode`` raises, PictureNotASeal, SealCutOff, SeveralSeals, SealPictureSmall,
    SealSizeDiffers.
    """
    pixels, _ = laid_straight(np.asarray(decode(photo, least_side=64)))
    red = redness_of(pixels)
    size = _pixels(outline, _WRITTEN_PPI)
    matrix, a_mm = laid_on(red, outline, size)
    _check_scale(photo, a_mm, outline)
    found = a_mm * _MM
    if found < NEEDED_PPI:
        raise SealPictureSmall(int(found), NEEDED_PPI)
    ppi = min(found, _WRITTEN_PPI)
    flat = cv2.warpPerspective(red.inked, matrix, size, flags=cv2.INTER_AREA)
    if ppi < _WRITTEN_PPI:
        flat = cv2.resize(flat, _pixels(outline, ppi), interpolation=cv2.INTER_AREA)
    alpha = _without_outside(np.asarray(flat, np.uint8), outline)
    return CutSeal(in_one_colour(Image.fromarray(alpha), ppi), ppi)


def _pixels(outline: Outline, ppi: float) -> tuple[int, int]:
    return round(outline.width_mm / _MM * ppi), round(outline.height_mm / _MM * ppi)


def _without_outside(alpha: NDArray[np.uint8], outline: Outline) -> NDArray[np.uint8]:
    """What is in the corners beside an oval is not of the seal."""
    if outline.shape is Shape.SQUARE:
        return alpha
    high, wide = alpha.shape
    inside = np.zeros_like(alpha)
    cv2.ellipse(inside, (wide // 2, high // 2), (wide // 2, high // 2), 0, 0, 360, 255, -1, cv2.LINE_AA)
    return np.minimum(alpha, inside)


def _check_scale(photo: bytes, a_mm: float, outline: Outline) -> None:
    """A scan says how many pixels it has to the inch; what it shows must then be of the true size."""
    with Image.open(BytesIO(photo), formats=("JPEG", "PNG")) as picture:
        stated = float(picture.info.get("dpi", (0, 0))[0])
        is_photo = _MAKE in picture.getexif()
        shrunk = max(1.0, max(picture.size) / LONGEST_SIDE)
    if is_photo or not _TRUSTED_PPI[0] <= stated <= _TRUSTED_PPI[1]:
        return
    found = a_mm * outline.width_mm / (stated / shrunk) * _MM
    if abs(found / outline.width_mm - 1) > _TOLERANCE:
        raise SealSizeDiffers(round(found, 1), outline.width_mm)
