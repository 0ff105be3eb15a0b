"""The measures of each kind of seal, as data, each with its source. Lengths in mm, angles in degrees.

- 国发〔1999〕25号, on the seals of administrative organs, enterprises and institutions: round, at most 45 mm,
  simplified characters in the Song face, the name from left to right around a star; special-purpose seals
  (contracts, finance) differ from it in name and style.
- 公安机关印章刻制规格, the rules that public security bureaus give to engravers. Limited companies 40 mm,
  their special-purpose and departments' seals 38 mm with a border of 1.0 mm; joint-stock companies 42 and
  40 mm, state-owned enterprises 42 mm, with a border of 1.2 mm and a star of 14 mm from tip to tip; others
  38 mm. Special-purpose seals: nothing in the middle, their purpose in a line below it.
- 国家税务总局公告2011年第7号 with its annex, on the invoice seal, in all its measures.
- 刻章业惯例, what engravers make where no rule says anything: the square seal of a legal representative.

The Fangsong face of the invoice seal is not among the bundled fonts; Song stands for it, Noto Sans for Arial.
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


KIND_NAMES: Final = {
    SealKind.ENTERPRISE: "单位公章",
    SealKind.CONTRACT: "合同专用章",
    SealKind.FINANCE: "财务专用章",
    SealKind.INVOICE: "发票专用章",
    SealKind.DEPARTMENT: "部门章",
    SealKind.LEGAL_PERSON: "法定代表人名章",
    SealKind.PERSONAL: "个人签名章",
}
"""How people call each kind."""

LINES: Final = {
    SealKind.CONTRACT: "合同专用章",
    SealKind.FINANCE: "财务专用章",
    SealKind.INVOICE: "发票专用章",
}
"""What the bottom line of a special-purpose seal says; a department's says the department."""


class Owner(StrEnum):
    """Kinds of enterprise whose seals differ in size."""

    LIMITED = "limited"  # 有限责任公司
    JOINT_STOCK = "joint-stock"  # 股份有限公司
    STATE_OWNED = "state-owned"  # 国有企业
    OTHER = "other"  # 合伙、个体、其他单位


def owner_of(name: str) -> Owner:
    """The kind of enterprise that a registered name tells (公司法, article 7). State-owned ones have to be
    said: their names do not tell."""
    if "股份有限公司" in name or "股份公司" in name:
        return Owner.JOINT_STOCK
    return Owner.LIMITED if "公司" in name else Owner.OTHER


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
class LineRule:
    """A straight line of characters. ``middle``: below the seal's middle; ``height``, ``width``: of a
    character's em square, of which a digit fills 0.73; ``longest``: of the line."""

    middle: float
    height: float
    width: float
    longest: float


@dataclass(frozen=True, slots=True)
class RoundRule:
    """A round seal. ``star``: diameter of the circle through its tips, None for no star. ``line``: what is
    below the middle; ``number``: of one among several seals of a kind."""

    diameter: float
    border: float
    star: float | None
    name: ArcRule
    code: ArcRule
    gap: float  # least angle between the ends of the name and of the code
    bare: float  # angle left free at the bottom
    line: LineRule | None
    number: LineRule | None
    source: str


@dataclass(frozen=True, slots=True)
class OvalRule:
    """An oval seal: a name along the upper edge, a number across the middle, a line below."""

    width: float
    height: float
    border: float
    gap: float  # from the border's inner side to the name
    name_height: float
    name_width: float  # at most
    least_width: float
    spans: tuple[float, float]  # the least and the largest angle of the name, seen from the middle
    code: LineRule
    line: LineRule
    number: LineRule
    source: str


@dataclass(frozen=True, slots=True)
class SquareRule:
    """A square seal: a name in columns, read from the right."""

    side: float
    border: float
    source: str


Rule = RoundRule | OvalRule | SquareRule

_ENGRAVERS: Final = "公安机关印章刻制规格"
_TAX: Final = "国家税务总局公告2011年第7号"
_USAGE: Final = "刻章业惯例"


def _round(diameter: float, border: float) -> RoundRule:
    edge = diameter / 2 - 2.1
    return RoundRule(
        diameter=diameter,
        border=border,
        star=14.0,
        name=ArcRule(edge=edge, height=5.6, width=4.3, slimmest=1.7, step=23.5, least_width=1.3),
        code=ArcRule(edge=edge, height=2.3, width=2.3, slimmest=1.0, step=5.4, least_width=0.0),
        gap=11.0,
        bare=70.0,
        line=None,
        number=None,
        source=_ENGRAVERS,
    )


def _special(diameter: float) -> RoundRule:
    """Without a star, with a line. The name keeps to the upper part, clear of the line's ends."""
    edge = diameter / 2 - 1.9
    return RoundRule(
        diameter=diameter,
        border=1.0,
        star=None,
        name=ArcRule(edge=edge, height=5.4, width=4.1, slimmest=1.7, step=21.0, least_width=1.3),
        code=ArcRule(edge=edge, height=2.2, width=2.2, slimmest=1.0, step=5.4, least_width=0.0),
        gap=11.0,
        bare=130.0,
        line=LineRule(middle=6.4, height=4.4, width=3.6, longest=20.0),
        number=LineRule(middle=11.2, height=3.0, width=1.7, longest=8.0),
        source=_ENGRAVERS,
    )


_INVOICE: Final = OvalRule(
    width=40.0,
    height=30.0,
    border=1.0,
    gap=0.5,
    name_height=4.2,
    name_width=3.4,
    least_width=1.2,
    spans=(210.0, 260.0),
    code=LineRule(middle=0.0, height=4.75, width=26.3 / 18, longest=26.3),  # digits 3.7 mm high
    line=LineRule(middle=4.2 + 4.6 / 2, height=4.6, width=3.0, longest=20.0),
    number=LineRule(middle=10.0 + 2.2 / 2, height=3.0, width=1.7, longest=8.0),  # digits 2.2 mm high
    source=_TAX,
)
_ROUNDS: Final = {
    Owner.LIMITED: (_round(40.0, 1.2), _special(38.0)),
    Owner.JOINT_STOCK: (_round(42.0, 1.2), _special(40.0)),
    Owner.STATE_OWNED: (_round(42.0, 1.2), _special(40.0)),
    Owner.OTHER: (_round(38.0, 1.0), _special(38.0)),
}
_SPECIAL: Final = (SealKind.CONTRACT, SealKind.FINANCE, SealKind.DEPARTMENT)

RULES: Final[dict[tuple[SealKind, Owner], Rule]] = {
    **{(SealKind.ENTERPRISE, owner): rules[0] for owner, rules in _ROUNDS.items()},
    **{(kind, owner): rules[1] for owner, rules in _ROUNDS.items() for kind in _SPECIAL},
    **{(SealKind.INVOICE, owner): _INVOICE for owner in Owner},
    **{(SealKind.LEGAL_PERSON, owner): SquareRule(18.0, 1.0, _USAGE) for owner in Owner},
}
"""By kind of seal and of enterprise. A person's signature has no rule: it is as the person writes it."""

LARGEST_MM: Final = 45.0
"""No seal is larger (国发〔1999〕25号, section 13)."""
