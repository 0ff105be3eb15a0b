"""The QR code in a photo."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray

from ca.photos.decoding import decode

_QR: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


def read_code(photo: bytes) -> str | None:
    """The text of the first QR code of a photo, None without one. Raises what ``decode`` raises."""
    return qr_text(np.asarray(decode(photo)))


def qr_text(pixels: NDArray[np.uint8]) -> str | None:
    """The text of the first QR code; looked for again at other sizes and with the light flattened."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    for scale in (1.0, 0.5, 1.6):
        sized = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        found = zxingcpp.read_barcodes(np.asarray(sized), formats=_QR)
        if found and found[0].text:
            return found[0].text
    return None
