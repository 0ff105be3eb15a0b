"""The measures of each kind of seal, as data. Lengths in mm, angles in degrees.

国发〔1999〕25号 (State Council, on the seals of administrative organs, enterprises and institutions) asks
for the Song face in simplified characters, and for the name to run from left to right around a star.
Diameter, border and star follow the rules that public security bureaus give to seal engravers: 40 mm
for a limited company, border 1.2 mm, 14 mm from tip to tip of the star, code of 13 digits along the bottom.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class SealKind(StrEnum):
    """What a seal is for; each kind has its own measures."""

    ENTERPRISE = "enterprise"  # 单位公章
    CONTRACT = "contract"  # 合同专用章
    FINANCE = "finance"  # 财务专用章
    INVOICE = "invoice"  # 发票专用章
    DEPARTMENT = "department"  # 部门章
    LEGAL_PERSON = "legal-person"  # 法定代表人名章
    PERSONAL = "personal"  # 个人签名章


@dataclass(frozen=True, slots=True)
class ArcRule:
    """A line of characters along a circle."""

    edge: float  # radius of the side of the characters that faces the border
    height: float  # of a character, at most
    width: float  # of a character, at most
    slimmest: float  # height divided by width, at most: longer names make characters narrow, then small
    step: float  # from one character to the next while there is room, in degrees
    least_width: float  # a narrower character cannot be read on paper


@dataclass(frozen=True, slots=True)
class RoundRule:
    """A round seal with a star in the middle."""

    diameter: float
    border: float
    star: float  # diameter of the circle through the tips
    name: ArcRule
    code: ArcRule
    gap: float  # least angle between the ends of the name and of the code
    bare: float  # angle left free at the bottom when there is no code


RULES: Final = {
    SealKind.ENTERPRISE: RoundRule(
        diameter=40.0,
        border=1.2,
        star=14.0,
        name=ArcRule(edge=17.9, height=5.6, width=4.3, slimmest=1.7, step=23.5, least_width=1.3),
        code=ArcRule(edge=17.9, height=2.3, width=2.3, slimmest=1.0, step=5.4, least_width=0.0),
        gap=11.0,
        bare=70.0,
    )
}
