"""A signature, or a person's square seal, drawn from a name.

draw_signature("欧阳明远"), draw_square_seal("李敏")
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from ca.seals.handwriting.errors import SignatureNameRefused
from ca.typesetting.engine import Template
from ca.typesetting.errors import GlyphsMissing
from ca.typesetting.fonts import Face

_TEMPLATES: Final = Path(__file__).parent.parent / "templates"
_SIGNATURE: Final = Template(_TEMPLATES / "signature.typ")
_SQUARE: Final = Template(_TEMPLATES / "square-seal.typ")
_INK: Final = "#16161a"
_RED: Final = "#d7000f"  # as of the round seals
_PPI: Final = 300.0
_SIZE_MM: Final = 12.0  # of a character
_MARGIN_MM: Final = 1.5
_DOTS: Final = "·•・"  # between the parts of a name
_MOST: Final = 15  # characters; names of minorities with their dots are about as long
_SIDE_MM: Final = 18.0
_BORDER_MM: Final = 1.0


@dataclass(frozen=True, slots=True)
class NamePicture:
    """A drawn name. ``pdf`` is one page of exactly width by height; ``png`` has 300 pixels to the inch."""

    name: str
    pdf: bytes
    svg: bytes
    png: bytes
    width_mm: float
    height_mm: float


@lru_cache(maxsize=64)
def draw_signature(name: str) -> NamePicture:
    """Draw ``name`` as if written with a pen; the same name always looks the same.

    Raises SignatureNameRefused, and GlyphsMissing that names what no face has.
    """
    face = _face_for(name)
    width, characters = _written(name)
    height = _SIZE_MM * 1.25 + 2 * _MARGIN_MM
    data = {
        "name": name,
        "face": face.value,
        "ink": _INK,
        "width": width,
        "height": height,
        "characters": characters,
    }
    return _drawn(_SIGNATURE, name, data, width, height)


@lru_cache(maxsize=64)
def draw_square_seal(name: str) -> NamePicture:
    """Draw the red square seal (个人方章) of a name of two to four characters.

    Raises SignatureNameRefused for other names, and GlyphsMissing that names what no face has.
    """
    if not 2 <= len(name) <= 4:
        raise SignatureNameRefused(f"{len(name)} characters do not fill a square seal")
    characters = list((name + ("之印" if len(name) == 2 else "印"))[:4])
    data = {
        "name": name,
        "face": _face_for(name).value,
        "red": _RED,
        "side": _SIDE_MM,
        "border": _BORDER_MM,
        "characters": characters,
    }
    return _drawn(_SQUARE, name, data, _SIDE_MM, _SIDE_MM)


def _drawn(
    template: Template, name: str, data: Mapping[str, object], width: float, height: float
) -> NamePicture:
    return NamePicture(
        name=name,
        pdf=template.pdf(data, tagged=False),
        svg=template.svg(data),
        png=template.png(data, _PPI),
        width_mm=width,
        height_mm=height,
    )


def _face_for(name: str) -> Face:
    """Kai if it is installed and has every character, else Song."""
    if not name.strip() or len(name) > _MOST:
        raise SignatureNameRefused(f"1 to {_MOST} characters, not {len(name)}")
    for face in (Face.KAI, Face.SONG):
        if face.is_there and not face.coverage.missing(name):
            return face
    raise GlyphsMissing(Face.SONG.coverage.missing(name))


def _written(name: str) -> tuple[float, list[dict[str, object]]]:
    """The width of the picture, and every character's place: uneven as a hand is, yet the same every time."""
    hand = random.Random(sha256(name.encode()).digest())  # noqa: S311  a look, no secret
    at, characters = _MARGIN_MM + 1.0, []
    for character in name:
        size = _SIZE_MM * hand.uniform(0.88, 1.08)
        characters.append(
            {
                "character": character,
                "size": size,
                "x": at,
                "y": _MARGIN_MM + (_SIZE_MM * 1.25 - size) / 2 + hand.uniform(-0.6, 0.6),
                "tilt": hand.uniform(-4.0, 3.0),
            }
        )
        wide = 0.45 if character in _DOTS else hand.uniform(0.82, 0.9)  # characters lean into each other
        at += size * wide
    return at + _MARGIN_MM + 2.0, list(characters)
