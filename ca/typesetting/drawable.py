"""Text that can be drawn: what a document refuses, and what a record shows in place of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ca.typesetting.errors import GlyphsMissing
from ca.typesetting.fonts import Face

_UNSEEN: Final = "\u00ad"  # SOFT HYPHEN: the faces have it, and draw nothing


def require_drawable(text: str, face: Face = Face.SONG) -> None:
    """Refuse a text that would be printed as another one. Raises GlyphsMissing, naming the characters.

    Controls, line ends and what turns the direction of writing are no characters of a face either.
    """
    if missing := _missing(text, face):
        raise GlyphsMissing(missing)


def drawable(value: Any, face: Face = Face.SONG) -> Any:
    """``value``, of JSON, with ``〔U+1F600〕`` for a character that the face lacks; line ends stay.

    For records of what others said: they are read whole, whatever it was.
    """
    if isinstance(value, str):
        missing = set(_missing(value, face)) - {"\n"}
        return "".join(f"〔U+{ord(one):04X}〕" if one in missing else one for one in value)
    if isinstance(value, Mapping):
        return {drawable(name, face): drawable(one, face) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [drawable(one, face) for one in value]
    return value


def _missing(text: str, face: Face) -> str:
    hidden = _UNSEEN if _UNSEEN in text else ""
    return face.coverage.missing(text) + hidden
