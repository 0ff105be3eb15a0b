"""签名章: a person's name in a frame, for what a person signs with a certificate of their own."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final

from ca.seals.errors import SealNameRefused
from ca.seals.picture import SealPicture
from ca.typesetting.engine import Template
from ca.typesetting.errors import GlyphsMissing
from ca.typesetting.fonts import Face

_TEMPLATE: Final = Template(Path(__file__).parent / "templates" / "name-mark.typ")
_RED: Final = "#d7000f"
_PNG_PPI: Final = 300.0
_HEIGHT, _LONGEST, _BORDER, _SIZE, _SMALLEST = 12.0, 40.0, 0.7, 6.5, 2.0  # mm
_MOST: Final = 40  # characters


@lru_cache(maxsize=128)
def draw_name(name: str) -> SealPicture:
    """Draw a name: 12 mm high, at most 40 mm wide; the same name always gives the same bytes.

    Raises SealNameRefused (empty or longer than 40 characters), GlyphsMissing.
    """
    if not name.strip() or len(name) > _MOST:
        raise SealNameRefused(f"1 to {_MOST} characters, not {len(name)}")
    if missing := Face.SONG.coverage.missing(name):
        raise GlyphsMissing(missing)
    size = max(min(_SIZE, (_LONGEST - 4) / len(name)), _SMALLEST)
    width = max(size * len(name) + 4, _HEIGHT)
    data = {"name": name, "red": _RED, "width": width, "height": _HEIGHT, "border": _BORDER, "size": size}
    return SealPicture(
        name=name,
        pdf=_TEMPLATE.pdf(data, tagged=False),
        png=_TEMPLATE.png(data, _PNG_PPI),
        width_mm=width,
        height_mm=_HEIGHT,
    )
