"""From what a seal says and the rule of its kind to every character's place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ca.seals.arc import along_bottom, along_top
from ca.seals.errors import SealCodeRefused, SealLineRefused, SealNameRefused
from ca.seals.glyphs import Glyph, Type, on_bottom, on_line, on_oval, on_top
from ca.seals.rules import LINES, LineRule, OvalRule, RoundRule, Rule, SquareRule
from ca.typesetting.errors import GlyphsMissing
from ca.typesetting.fonts import Face

if TYPE_CHECKING:
    from ca.seals.picture import SealDesign

_CODE: Final = re.compile(r"[0-9A-Z]{1,18}")
_MOST_NUMBERED: Final = 99
_LINE_ON_ROUND: Final = 14  # characters
_IN_SQUARE: Final = 15  # characters of a person's name
_WITHOUT_DOTS: Final = str.maketrans("", "", "·•・ ")


def laid_out(design: SealDesign, rule: Rule) -> list[Glyph]:
    """Raises SealNameRefused, SealCodeRefused, SealLineRefused, GlyphsMissing."""
    if not design.name.strip():
        raise SealNameRefused("a seal needs a name")
    _check_glyphs(design.name)
    _check_code(design.code)
    if isinstance(rule, RoundRule):
        return _round(design, rule)
    return _oval(design, rule) if isinstance(rule, OvalRule) else _square(design, rule)


def _round(design: SealDesign, rule: RoundRule) -> list[Glyph]:
    glyphs = _lines(design, rule.line, rule.number)
    code = None if design.code is None else along_bottom(design.code, rule.code)
    least = rule.bare if rule.line is not None or code is None else 0.0
    taken = code.span + 2 * rule.gap if code else 0.0
    name = along_top(design.name, rule.name, 360 - max(least, taken))
    _check_width(design.name, name.width, rule.name.least_width)
    glyphs += on_top(design.name, name, rule.name.edge, Type.SONG)
    if code is not None:
        glyphs += on_bottom(design.code or "", code, rule.code.edge, Type.HEI)
    return glyphs


def _oval(design: SealDesign, rule: OvalRule) -> list[Glyph]:
    name = on_oval(design.name, rule, Type.SONG)
    _check_width(design.name, name[0].width, rule.least_width)
    if design.code is None:
        raise SealCodeRefused("an invoice seal has the taxpayer's number")
    return name + on_line(design.code, rule.code, Type.HEI) + _lines(design, rule.line, rule.number)


def _lines(design: SealDesign, line: LineRule | None, number: LineRule | None) -> list[Glyph]:
    """The bottom line, and the number below it."""
    if line is None or number is None:
        if design.line is not None or design.number is not None:
            raise SealLineRefused("this kind of seal has no bottom line")
        return []
    text = design.line or LINES.get(design.kind, "")
    if not 0 < len(text.strip()) <= _LINE_ON_ROUND:
        raise SealLineRefused(f"1 to {_LINE_ON_ROUND} characters, not {len(text)}")
    _check_glyphs(text)
    glyphs = on_line(text, line, Type.SONG)
    if design.number is None:
        return glyphs
    if not 1 <= design.number <= _MOST_NUMBERED:
        raise SealLineRefused(f"numbers from 1 to {_MOST_NUMBERED}")
    return glyphs + on_line(f"({design.number})", number, Type.HEI)


def _square(design: SealDesign, rule: SquareRule) -> list[Glyph]:
    """Columns from the right, each from top to bottom, without the dots between the parts of a name; a name
    of two or three is filled up (之印, 印)."""
    _lines(design, None, None)
    name = design.name.translate(_WITHOUT_DOTS)
    if not 0 < len(name) <= _IN_SQUARE:
        raise SealNameRefused(f"1 to {_IN_SQUARE} characters in a square seal")
    text = name + {1: "之印章", 2: "之印", 3: "印"}.get(len(name), "")
    rows = -(-len(text) // 2)
    room = rule.side - 2 * rule.border - 1.2
    width, height = room / 2, room / rows
    size = min(height * 0.96, width * 0.94 * 1.6)
    return [
        Glyph(
            character,
            (0.5 - place // rows) * width,
            (place % rows + 0.5 - rows / 2) * height,
            0.0,
            size,
            width * 0.94,
            Type.SONG,
        )
        for place, character in enumerate(text)
    ]


def _check_glyphs(text: str) -> None:
    if missing := Face.SONG.coverage.missing(text):
        raise GlyphsMissing(missing)


def _check_code(code: str | None) -> None:
    if code is not None and not _CODE.fullmatch(code):
        raise SealCodeRefused("1 to 18 digits and capitals are expected")


def _check_width(name: str, width: float, least: float) -> None:
    if width < least:
        raise SealNameRefused(f"{len(name)} characters would be {width:.1f} mm wide")
