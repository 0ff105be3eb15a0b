"""Every kind of seal: its measures by the rules, what it says, and what it refuses."""

from __future__ import annotations

from io import BytesIO
from itertools import pairwise
from math import hypot
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from ca.seals.errors import SealCodeRefused, SealLineRefused, SealNameRefused
from ca.seals.glyphs import Glyph
from ca.seals.layout import laid_out
from ca.seals.picture import SealDesign, draw_seal
from ca.seals.rules import LARGEST_MM, RULES, OvalRule, Owner, RoundRule, SealKind, owner_of
from ca.typesetting.errors import GlyphsMissing
from tests.ca.judges import run

NAME = "临沂某某建设工程有限公司"
LONG = "山东（临沂）沂蒙山区智慧城市基础设施投资建设集团有限责任公司"
CODE = "91371300MA3C0TEQ4M"
SPECIAL = (SealKind.CONTRACT, SealKind.FINANCE, SealKind.DEPARTMENT)


def a_design(kind: SealKind, name: str = NAME, number: int | None = None) -> SealDesign:
    if kind is SealKind.LEGAL_PERSON:
        return SealDesign(kind, "欧阳明远")
    code = CODE if kind in (SealKind.ENTERPRISE, SealKind.INVOICE) else None
    line = "工程技术部" if kind is SealKind.DEPARTMENT else None
    return SealDesign(kind, name, code, line, number)


class Inked:
    """What of a drawn seal is inked, asked by mm from its middle, right and down."""

    def __init__(self, design: SealDesign) -> None:
        self.picture = draw_seal(design)
        self._alpha = np.asarray(Image.open(BytesIO(self.picture.png)).convert("RGBA").getchannel("A"))
        self._scale = self._alpha.shape[1] / self.picture.width_mm

    def at(self, right: float, down: float) -> bool:
        return bool(self.box(right, right, down, down).any())

    def box(self, left: float, right: float, top: float, bottom: float) -> NDArray[np.bool_]:
        """Rows by columns of the pixels between."""
        x = [int((edge + self.picture.width_mm / 2) * self._scale) for edge in (left, right)]
        y = [int((edge + self.picture.height_mm / 2) * self._scale) for edge in (top, bottom)]
        return np.asarray(self._alpha[y[0] : y[1] + 1, x[0] : x[1] + 1] > 127)

    def extent(self, box: NDArray[np.bool_], axis: int) -> float:
        """How many mm of a box's inked pixels, first to last: axis 0 upright, 1 across."""
        inked = np.flatnonzero(box.any(axis=1 - axis))
        return float(inked[-1] - inked[0] + 1) / self._scale


@pytest.mark.parametrize(
    ("name", "kind", "size"),
    [
        ("临沂某某有限公司", SealKind.ENTERPRISE, (40, 40)),
        ("沂蒙股份有限公司", SealKind.ENTERPRISE, (42, 42)),
        ("沂蒙山泉水合作社", SealKind.ENTERPRISE, (38, 38)),
        ("临沂某某有限公司", SealKind.CONTRACT, (38, 38)),
        ("沂蒙股份有限公司", SealKind.FINANCE, (40, 40)),
        ("沂蒙股份有限公司", SealKind.DEPARTMENT, (40, 40)),
        ("沂蒙股份有限公司", SealKind.INVOICE, (40, 30)),
        ("李小明", SealKind.LEGAL_PERSON, (18, 18)),
    ],
)
def test_true_sizes(name: str, kind: SealKind, size: tuple[int, int], tmp_path: Path) -> None:
    drawn = draw_seal(SealDesign(kind, name, **_needed(kind)))
    assert (drawn.width_mm, drawn.height_mm) == size
    (tmp_path / "seal.pdf").write_bytes(drawn.pdf)
    _, report = run("pdfinfo", tmp_path / "seal.pdf")
    wide, high = (f"{mm / 25.4 * 72:.6g}" for mm in size)
    assert f"{wide} x {high} pts" in report, report


def _needed(kind: SealKind) -> dict[str, str]:
    given = {SealKind.DEPARTMENT: {"line": "财务部"}, SealKind.INVOICE: {"code": CODE}}
    return given.get(kind, {})


def test_the_owner_is_told_by_the_name_or_said() -> None:
    assert owner_of("沂蒙股份有限公司") is Owner.JOINT_STOCK
    assert owner_of("沂蒙有限责任公司") is Owner.LIMITED
    assert owner_of("某某律师事务所") is Owner.OTHER
    assert draw_seal(SealDesign(SealKind.ENTERPRISE, NAME, owner=Owner.STATE_OWNED)).width_mm == 42


@pytest.mark.parametrize("kind", SPECIAL)
def test_special_seals_have_a_line_and_no_star(kind: SealKind) -> None:
    inked = Inked(a_design(kind))
    assert not inked.box(-5, 5, -5, 3).any()  # the middle is bare
    assert inked.at(18.5, 0)  # border: 18 to 19 mm
    assert not inked.at(17.7, 0)
    assert inked.extent(inked.box(-11, 11, 4, 9), 1) > 14


@pytest.mark.parametrize("kind", [kind for kind in SealKind if kind is not SealKind.PERSONAL])
@pytest.mark.parametrize("name", ["某某公司", NAME, LONG])
def test_every_character_is_there_and_inside(kind: SealKind, name: str, tmp_path: Path) -> None:
    number = 3 if kind in (SealKind.CONTRACT, SealKind.INVOICE) else None
    design = a_design(kind, name, number)
    drawn = draw_seal(design)
    (tmp_path / "seal.pdf").write_bytes(drawn.pdf)
    _, text = run("pdftotext", "-raw", tmp_path / "seal.pdf", "-")
    said = "".join(text.split())
    for part in (design.name, design.code or "", design.line or "", "(3)" if number else ""):
        for character in part:
            assert character in said, (character, said)
    rule = RULES[kind, owner_of(name)]
    glyphs = laid_out(design, rule)
    assert all(_reach(rule, one) < 1 for one in glyphs)


def _reach(rule: object, glyph: Glyph) -> float:
    """How far out a character's middle lies, in parts of the border's inner side."""
    if isinstance(rule, OvalRule):
        return hypot(glyph.x / (rule.width / 2 - rule.border), glyph.y / (rule.height / 2 - rule.border))
    inner = rule.diameter / 2 - rule.border if isinstance(rule, RoundRule) else 18 / 2**0.5
    return hypot(glyph.x, glyph.y) / inner


@pytest.mark.parametrize("count", [2, 4, 8, 12, 20, 26])
def test_on_an_oval_neighbours_are_evenly_apart_and_do_not_touch(count: int) -> None:
    rule = RULES[SealKind.INVOICE, Owner.LIMITED]
    glyphs = laid_out(SealDesign(SealKind.INVOICE, "山" * count, CODE), rule)[:count]
    apart = [hypot(one.x - other.x, one.y - other.y) for one, other in pairwise(glyphs)]
    assert all(one.width < gap for one, gap in zip(glyphs, apart, strict=False))
    assert abs(glyphs[0].x + glyphs[-1].x) < 1e-6  # balanced about the top
    assert all(one.turn < other.turn for one, other in pairwise(glyphs))


def test_the_invoice_seal_has_the_measures_of_the_tax_rules() -> None:
    """Digits 3.7 mm high, 26 mm for 18 of them; the line begins 4.2 mm below the middle."""
    inked = Inked(SealDesign(SealKind.INVOICE, "某某公司", "8" * 18))
    digits = inked.box(-13.5, 13.5, -1.4, 1.4)
    assert inked.extent(inked.box(-10, 10, -3.5, 3.5), 0) == pytest.approx(3.7, abs=0.15)
    assert inked.extent(digits, 1) == pytest.approx(26, abs=0.4)
    line = laid_out(SealDesign(SealKind.INVOICE, NAME, CODE), RULES[SealKind.INVOICE, Owner.LIMITED])[-1]
    assert line.y - line.height / 2 == pytest.approx(4.2)


def test_square_seals_are_read_from_the_right() -> None:
    rule = RULES[SealKind.LEGAL_PERSON, Owner.OTHER]
    first, second, third, fourth = laid_out(SealDesign(SealKind.LEGAL_PERSON, "李敏"), rule)
    assert "".join(one.character for one in (first, second, third, fourth)) == "李敏之印"
    assert first.x == second.x > 0 > third.x == fourth.x
    assert first.y == third.y < 0 < second.y == fourth.y
    long = laid_out(SealDesign(SealKind.LEGAL_PERSON, "买买提·阿不都"), rule)
    assert "·" not in {one.character for one in long}


@pytest.mark.parametrize(
    ("design", "refusal"),
    [
        (SealDesign(SealKind.DEPARTMENT, NAME), SealLineRefused),
        (SealDesign(SealKind.DEPARTMENT, NAME, line=" "), SealLineRefused),
        (SealDesign(SealKind.DEPARTMENT, NAME, line="部" * 15), SealLineRefused),
        (SealDesign(SealKind.CONTRACT, NAME, number=0), SealLineRefused),
        (SealDesign(SealKind.CONTRACT, NAME, number=100), SealLineRefused),
        (SealDesign(SealKind.ENTERPRISE, NAME, line="公章"), SealLineRefused),
        (SealDesign(SealKind.LEGAL_PERSON, "李敏", number=1), SealLineRefused),
        (SealDesign(SealKind.INVOICE, NAME), SealCodeRefused),
        (SealDesign(SealKind.INVOICE, "山" * 60, CODE), SealNameRefused),
        (SealDesign(SealKind.CONTRACT, "山" * 60), SealNameRefused),
        (SealDesign(SealKind.LEGAL_PERSON, "山" * 16), SealNameRefused),
        (SealDesign(SealKind.LEGAL_PERSON, "··"), SealNameRefused),
        (SealDesign(SealKind.DEPARTMENT, NAME, line="研𠮷部"), GlyphsMissing),
    ],
)
def test_what_cannot_be_a_seal(design: SealDesign, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        draw_seal(design)


def test_titles() -> None:
    assert SealDesign(SealKind.ENTERPRISE, NAME).title == f"{NAME}公章"
    assert SealDesign(SealKind.CONTRACT, NAME, number=2).title == f"{NAME}合同专用章(2)"
    assert SealDesign(SealKind.DEPARTMENT, NAME, line="财务部").title == f"{NAME}财务部"


def test_every_rule_says_where_it_is_from_and_keeps_within_the_largest() -> None:
    for rule in RULES.values():
        assert rule.source
        sizes = [getattr(rule, name, 0) for name in ("diameter", "width", "height", "side")]
        assert 0 < max(sizes) <= LARGEST_MM
