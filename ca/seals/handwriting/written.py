"""The signature that a person chose, as a picture that can be stamped on a PDF."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO

from PIL import Image

from ca.seals.picture import SealPicture
from ca.seals.uploaded.embedding import embedded

_HEIGHT, _LONGEST = 12.0, 40.0  # mm, as of a drawn name: about the size that people write


@lru_cache(maxsize=64)  # a person signs with the same picture all day
def stamped_signature(name: str, png: bytes) -> SealPicture:
    """``png``: pixels with alpha, as ``candidates`` or ``draw_signature`` made them.

    12 mm high, less where it would be wider than 40 mm. Raises TypesettingFailed for what is no picture.
    """
    with Image.open(BytesIO(png), formats=("PNG",)) as picture:
        ratio = picture.width / picture.height
    height = min(_HEIGHT, _LONGEST / ratio)
    return embedded(name, png, height * ratio, height)
