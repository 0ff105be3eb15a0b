"""Where every character of a seal goes. Pure geometry; lengths in mm from the seal's middle, right and down;
angles in degrees, clockwise."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import atan2, cos, degrees, hypot, radians, sin

from ca.seals.arc import Arc, places_of
from ca.seals.rules import LineRule, OvalRule

_STEPS = 720  # of the half ellipse: 0.06 mm each
_FILL = 0.92  # of a place on an ellipse, so that neighbours do not touch at their feet


class Type(StrEnum):
    """The faces of seals, by the family names that templates use."""

    SONG = "Noto Serif SC"
    HEI = "Noto Sans SC"


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character in a box of its em square, turned about the box's middle."""

    character: str
    x: float
    y: float
    turn: float
    height: float
    width: float
    face: Type


def on_top(text: str, arc: Arc, edge: float, face: Type) -> list[Glyph]:
    """Along the upper half of a circle, feet to the middle."""
    return _on_circle(text, arc, edge, face, 1)


def on_bottom(text: str, arc: Arc, edge: float, face: Type) -> list[Glyph]:
    """Along the lower half of a circle, feet to the border."""
    return _on_circle(text, arc, edge, face, -1)


def _on_circle(text: str, arc: Arc, edge: float, face: Type, up: int) -> list[Glyph]:
    middle = up * (edge - arc.height / 2)
    return [
        Glyph(
            character,
            middle * sin(radians(angle)),
            -middle * cos(radians(angle)),
            angle,
            arc.height,
            arc.width,
            face,
        )
        for character, angle in zip(text, arc.angles, strict=True)
    ]


def on_line(text: str, rule: LineRule, face: Type) -> list[Glyph]:
    """On a straight line, centred; a long one makes its characters narrower."""
    places = places_of(text) if face is Type.SONG else [1.0] * len(text)
    width = min(rule.width, rule.longest / sum(places))
    at, glyphs = -sum(places) * width / 2, []
    for character, place in zip(text, places, strict=True):
        middle = at + place * width / 2
        glyphs.append(Glyph(character, middle, rule.middle, 0.0, rule.height, width, face))
        at += place * width
    return glyphs


def on_oval(text: str, rule: OvalRule, face: Type) -> list[Glyph]:
    """Along the upper edge of an ellipse, feet to the middle, evenly spaced.

    A short name takes the least angle that the rule has, a long one up to the largest.
    """
    inset = rule.border + rule.gap + rule.name_height / 2
    wide, high = rule.width / 2 - inset, rule.height / 2 - inset
    places = places_of(text)
    least, most = rule.spans
    span = min(max(14.0 * sum(places), least), most)
    path = _path(wide, high, span)
    pitch = path[-1][0] / sum(places)
    width = min(rule.name_width, pitch * _FILL)
    at, glyphs = 0.0, []
    for character, place in zip(text, places, strict=True):
        x, y = _at(path, at + place * pitch / 2)
        turn = degrees(atan2(x / wide**2, -y / high**2))  # the ellipse's normal
        glyphs.append(Glyph(character, x, y, turn, rule.name_height, width, face))
        at += place * pitch
    return glyphs


Path = list[tuple[float, float, float]]
"""Distance along a curve, and the point there."""


def _path(wide: float, high: float, span: float) -> Path:
    """An ellipse from ``span``/2 left of the top to as much right of it, as seen from the middle."""
    points = []
    for step in range(_STEPS + 1):
        seen = radians(span) * (step / _STEPS - 0.5)
        reach = wide * high / hypot(high * sin(seen), wide * cos(seen))
        points.append((reach * sin(seen), -reach * cos(seen)))
    path, distance = [(0.0, *points[0])], 0.0
    for one, other in pairwise(points):
        distance += hypot(other[0] - one[0], other[1] - one[1])
        path.append((distance, *other))
    return path


def _at(path: Path, distance: float) -> tuple[float, float]:
    for one, other in pairwise(path):
        if other[0] >= distance:
            part = (distance - one[0]) / (other[0] - one[0])
            return one[1] + part * (other[1] - one[1]), one[2] + part * (other[2] - one[2])
    return path[-1][1:]
