"""What cannot be set in type."""

from __future__ import annotations

from ca.errors import CaError
from hsm.errors import Kind


class GlyphsMissing(CaError):
    """Characters that no bundled font has; ``characters`` names them."""

    kind = Kind.INVALID
    code = "glyphs_missing"
    zh = "字库中没有以下字符，无法打印：{characters}"

    def __init__(self, characters: str) -> None:
        points = "、".join(map(_shown, characters))
        super().__init__(f"the font has no glyph for {points}", characters=points)
        self.characters = characters


class TypesettingFailed(CaError):
    """The template or its fonts are broken; no input of a user can cause this."""

    code = "typesetting_failed"
    zh = "文件排版失败，请联系技术支持"


def _shown(character: str) -> str:
    """A character with its code point, for whoever cannot see it either."""
    point = f"U+{ord(character):04X}"
    return f"{character}（{point}）" if character.isprintable() else point
