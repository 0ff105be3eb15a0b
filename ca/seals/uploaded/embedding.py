"""Pixels as a picture that can be stamped on a PDF, at true size."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ca.seals.picture import SealPicture
from ca.typesetting.engine import Template

_TEMPLATE: Final = Template(Path(__file__).parent.parent / "templates" / "pixels.typ")


def embedded(name: str, png: bytes, width_mm: float, height_mm: float) -> SealPicture:
    """``png``, pixels with opacity, on one page of exactly this size.

    Raises TypesettingFailed for what is no picture.
    """
    data = {"name": name, "width": width_mm, "height": height_mm, "png": list(png)}
    pdf = _TEMPLATE.pdf(data, tagged=False)
    return SealPicture(name=name, pdf=pdf, png=png, width_mm=width_mm, height_mm=height_mm)
