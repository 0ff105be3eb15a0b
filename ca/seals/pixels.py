"""The pixels of a seal in one colour: an eighth of the bytes, which travel in every signature."""

from __future__ import annotations

import zlib
from io import BytesIO
from typing import Any, Final

from PIL import Image

RED: Final = (0xD7, 0x00, 0x0F)
"""Vermilion ink paste (印泥), dark enough to be read over black text."""


_LEVELS: Final = 15  # steps of opacity: more cannot be seen at an edge of 0.08 mm


def in_one_colour(alpha: Image.Image, ppi: float, colour: tuple[int, int, int] = RED) -> bytes:
    """A PNG of ``colour`` whose opacity is ``alpha`` (8-bit grey): a palette of opacities (PNG, 11.3.2)."""
    steps = alpha.point([round(value * _LEVELS / 255) for value in range(256)])
    picture = Image.frombytes("P", steps.size, steps.tobytes())
    picture.putpalette(bytes(colour) * (_LEVELS + 1))
    opacities = bytes(round(step * 255 / _LEVELS) for step in range(_LEVELS + 1))
    out = BytesIO()
    # Runs of one opacity are what there is to compress: looking for more takes thirty times as long.
    packing: dict[str, Any] = {"bits": 4, "compress_level": 6, "compress_type": zlib.Z_RLE}
    picture.save(out, "PNG", transparency=opacities, dpi=(ppi, ppi), **packing)
    return out.getvalue()


def repainted(png: bytes, ppi: float) -> bytes:
    """A drawn seal's PNG, written anew."""
    with Image.open(BytesIO(png), formats=("PNG",)) as drawn:
        return in_one_colour(drawn.convert("RGBA").getchannel("A"), ppi)
