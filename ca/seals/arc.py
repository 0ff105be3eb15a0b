"""Where each character of a line goes on its arc. Pure geometry; lengths in mm, angles in degrees."""

from __future__ import annotations

from dataclasses import dataclass
from math import radians
from unicodedata import east_asian_width

from ca.seals.rules import ArcRule

_HALF_WIDTH = 0.6  # a Latin letter or digit takes this much of a Chinese character's place
_FILL = 0.95  # of the place at the foot of a character, so that neighbours do not touch


@dataclass(frozen=True, slots=True)
class Arc:
    """A line laid out: characters of one size, each with its angle clockwise from the line's middle."""

    angles: tuple[float, ...]
    height: float
    width: float
    span: float  # from the first character's near side to the last one's far side


def along_top(text: str, rule: ArcRule, room: float) -> Arc:
    """Lay ``text`` clockwise, feet to the centre, within ``room`` degrees.

    A short line keeps the rule's step. A longer one widens its arc up to ``room``; then its characters become
    narrower, and at last smaller.
    """
    places = places_of(text)
    step = min(rule.step, room / sum(places))
    height, width = _size(rule, radians(step))
    return Arc(_middles(places, step), height, width, step * sum(places))


def along_bottom(text: str, rule: ArcRule) -> Arc:
    """Lay ``text`` from left to right, feet to the border."""
    angles = _middles([1.0] * len(text), rule.step)
    return Arc(tuple(-angle for angle in angles), rule.height, rule.width, rule.step * len(text))


def places_of(text: str) -> list[float]:
    """How much room each character takes, in parts of a Chinese character's."""
    return [1.0 if east_asian_width(c) in "WF" else _HALF_WIDTH for c in text]


def _size(rule: ArcRule, step: float) -> tuple[float, float]:
    """Height and width of the characters when ``step`` radians are between them.

    The feet stand on the circle of radius edge - height, where the place is narrowest: width = place of the
    foot, height = slimmest * width. Solving both gives the first line.
    """
    place = _FILL * step
    width = place * rule.edge / (1 + place * rule.slimmest)
    if width * rule.slimmest > rule.height:
        return rule.height, min(rule.width, place * (rule.edge - rule.height))
    return width * rule.slimmest, width


def _middles(places: list[float], step: float) -> tuple[float, ...]:
    """The angle of each place's middle, the whole line centred on zero."""
    middles, before = [], -sum(places) / 2
    for place in places:
        middles.append(step * (before + place / 2))
        before += place
    return tuple(middles)
