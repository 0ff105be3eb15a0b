"""Uploaded photographs: checked to be pictures of a sane size, and written anew.

Nothing of the uploaded bytes is kept: what the operator opens later was encoded here, without metadata
(where and with what the photo was taken) and without whatever else a hostile file may carry.
"""

from __future__ import annotations

from io import BytesIO
from typing import Final

from ca.photos.decoding import MAX_BYTES, decode
from ca.photos.errors import PictureTooLarge

__all__ = ["MAX_BYTES", "MEDIA_TYPE", "PictureTooLarge", "normalised"]

MEDIA_TYPE: Final = "image/jpeg"
_QUALITY: Final = 85


def normalised(uploaded: bytes) -> bytes:
    """An upright JPEG of at most 3000 pixels a side. Raises what ``decode`` raises."""
    output = BytesIO()
    decode(uploaded).save(output, "JPEG", quality=_QUALITY)
    return output.getvalue()
