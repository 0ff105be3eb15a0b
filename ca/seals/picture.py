"""The picture of a seal, at true size, as vector PDF and as PNG with a transparent ground.

draw_seal(SealDesign(SealKind.ENTERPRISE, "临沂某某建设有限公司", "3713250012345"))
draw_seal(SealDesign(SealKind.CONTRACT, "临沂某某建设有限公司", number=2))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from ca.seals.glyphs import Glyph, Type
from ca.seals.layout import laid_out
from ca.seals.pixels import RED, repainted
from ca.seals.rules import LINES, RULES, OvalRule, Owner, RoundRule, SealKind, SquareRule, owner_of
from ca.typesetting.engine import Template

_SEAL: Final = Template(Path(__file__).parent / "templates" / "seal.typ")
PNG_PPI: Final = 300.0
OF_LEGAL_PERSON: Final = "名章"
"""What the name of a legal representative's seal ends in."""
_NARROW: Final = 1 / 0.56  # an Arabic digit's own place is that much narrower than its em square


@dataclass(frozen=True, slots=True)
class SealDesign:
    """What a seal says.

    ``name``: the full registered name, a person's on a legal representative's. ``code``: that the police
    filed it under, along the bottom, if any; on an invoice seal the taxpayer's number across the middle.
    ``line``: below the middle, of a department's seal; special-purpose seals have their own. ``number``: of
    one among several special-purpose seals of a kind. ``owner``: decides on the size; told by the name
    unless it is given.
    """

    kind: SealKind
    name: str
    code: str | None = None
    line: str | None = None
    number: int | None = None
    owner: Owner | None = None

    @property
    def title(self) -> str:
        """How the seal itself is called."""
        if self.kind is SealKind.ENTERPRISE:
            return f"{self.name}公章"
        if self.kind is SealKind.LEGAL_PERSON:
            return f"{self.name}{OF_LEGAL_PERSON}"
        number = "" if self.number is None else f"({self.number})"
        return f"{self.name}{self.line or LINES.get(self.kind, '')}{number}"


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

    Raises SealNameRefused, SealCodeRefused, SealLineRefused, and GlyphsMissing when no font has a character.
    """
    rule = RULES[design.kind, design.owner or owner_of(design.name)]
    glyphs = laid_out(design, rule)
    width, height, shape = _outline(rule)
    data = {
        "title": design.name,
        "red": "#" + bytes(RED).hex(),
        "shape": shape,
        "width": width,
        "height": height,
        "border": rule.border,
        "star": rule.star if isinstance(rule, RoundRule) else None,
        "glyphs": _told(glyphs),
    }
    return SealPicture(
        name=design.name,
        pdf=_SEAL.pdf(data, tagged=False),
        png=repainted(_SEAL.png(data, PNG_PPI), PNG_PPI),
        width_mm=width,
        height_mm=height,
    )


def _outline(rule: RoundRule | OvalRule | SquareRule) -> tuple[float, float, str]:
    if isinstance(rule, OvalRule):
        return rule.width, rule.height, "oval"
    if isinstance(rule, SquareRule):
        return rule.side, rule.side, "square"
    return rule.diameter, rule.diameter, "oval"


def _told(glyphs: Sequence[Glyph]) -> list[dict[str, object]]:
    return [asdict(one) | {"stretch": _stretch(one)} for one in glyphs]


def _stretch(glyph: Glyph) -> float:
    """A digit in a narrow place is not made narrower than its own proportions ask for."""
    is_digit = glyph.face is Type.HEI and glyph.width < glyph.height
    return _NARROW if is_digit else 1.0
