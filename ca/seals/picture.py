"""The picture of a seal, at true size, as vector PDF and as PNG with a transparent ground.

draw_seal(SealDesign(SealKind.ENTERPRISE, "临沂某某建设有限公司", "3713250012345"))
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from ca.seals.arc import Arc, along_bottom, along_top
from ca.seals.errors import SealCodeRefused, SealNameRefused
from ca.seals.rules import RULES, RoundRule, SealKind
from ca.typesetting.engine import Template
from ca.typesetting.errors import GlyphsMissing
from ca.typesetting.fonts import Face

_ROUND: Final = Template(Path(__file__).parent / "templates" / "round-seal.typ")
_RED: Final = "#d7000f"  # vermilion ink paste (印泥), dark enough to be read over black text
_PNG_PPI: Final = 300.0
_CODE: Final = re.compile(r"[0-9A-Z]{1,18}")


@dataclass(frozen=True, slots=True)
class SealDesign:
    """What a seal says: the full registered name, and the code that the police filed it under, if any."""

    kind: SealKind
    name: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class SealPicture:
    """A drawn seal. ``pdf`` is one page of exactly width by height; ``png`` has 300 pixels to the inch."""

    name: str
    pdf: bytes
    png: bytes
    width_mm: float
    height_mm: float


@lru_cache(maxsize=128)  # a company stamps the same seal all day; a picture is about 50 kB
def draw_seal(design: SealDesign) -> SealPicture:
    """Draw a seal; the same design always gives the same bytes.

    Raises SealNameRefused, SealCodeRefused, and GlyphsMissing when no font has a character of the name.
    """
    rule = RULES[design.kind]
    data = _drawing(design, rule)
    return SealPicture(
        name=design.name,
        pdf=_ROUND.pdf(data, tagged=False),
        png=_ROUND.png(data, _PNG_PPI),
        width_mm=rule.diameter,
        height_mm=rule.diameter,
    )


def _drawing(design: SealDesign, rule: RoundRule) -> dict[str, object]:
    """The template's data: measures, and every character with its place."""
    code = _code(design, rule)
    room = 360 - (code.span + 2 * rule.gap if code else rule.bare)
    name = _name(design, rule, room)
    return {
        "title": design.name,
        "red": _RED,
        "diameter": rule.diameter,
        "border": rule.border,
        "star": rule.star,
        "name": {"text": list(design.name), "edge": rule.name.edge, **asdict(name)},
        "code": code and {"text": list(design.code or ""), "edge": rule.code.edge, **asdict(code)},
    }


def _name(design: SealDesign, rule: RoundRule, room: float) -> Arc:
    if not design.name.strip():
        raise SealNameRefused("a seal needs a name")
    if missing := Face.SONG.coverage.missing(design.name):
        raise GlyphsMissing(missing)
    arc = along_top(design.name, rule.name, room)
    if arc.width < rule.name.least_width:
        raise SealNameRefused(f"{len(design.name)} characters would be {arc.width:.1f} mm wide")
    return arc


def _code(design: SealDesign, rule: RoundRule) -> Arc | None:
    if design.code is None:
        return None
    if not _CODE.fullmatch(design.code):
        raise SealCodeRefused("1 to 18 digits and capitals are expected")
    return along_bottom(design.code, rule.code)
