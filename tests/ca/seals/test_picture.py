"""Seals as people see them: true size, red, transparent ground, every character of the name."""

from __future__ import annotations

import math
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

from ca.seals.arc import along_top
from ca.seals.errors import SealCodeRefused, SealNameRefused
from ca.seals.picture import SealDesign, SealKind, SealPicture, draw_seal
from ca.seals.rules import RULES, Owner, RoundRule
from ca.typesetting.errors import GlyphsMissing
from tests.ca.judges import run

NAME = "临沂某某建设工程有限公司"
LONG = "山东（临沂）沂蒙山区智慧城市基础设施投资建设集团有限责任公司"
RULE = RULES[SealKind.ENTERPRISE, Owner.LIMITED]
assert isinstance(RULE, RoundRule)


def seal(name: str = NAME, code: str | None = "3713250012345") -> SealPicture:
    return draw_seal(SealDesign(SealKind.ENTERPRISE, name, code))


def opacity(picture: SealPicture, right_mm: float, up_mm: float) -> int:
    """Alpha at a distance from the middle."""
    image = Image.open(BytesIO(picture.png)).convert("RGBA")
    scale = image.width / picture.width_mm
    x, y = (20 + right_mm) * scale, (20 - up_mm) * scale
    return int(image.getpixel((min(int(x), image.width - 1), min(int(y), image.height - 1)))[3])  # type: ignore[index]


def test_true_size(tmp_path: Path) -> None:
    (tmp_path / "seal.pdf").write_bytes(seal().pdf)
    _, report = run("pdfinfo", tmp_path / "seal.pdf")
    assert "113.386 x 113.386 pts" in report  # 40 mm
    assert Image.open(BytesIO(seal().png)).size == (472, 472)  # 40 mm at 300 to the inch


def test_vectors_and_fonts_no_pixels(tmp_path: Path) -> None:
    (tmp_path / "seal.pdf").write_bytes(seal().pdf)
    _, images = run("pdfimages", "-list", tmp_path / "seal.pdf")
    assert len(images.splitlines()) == 2, images  # the heading alone
    _, fonts = run("pdffonts", tmp_path / "seal.pdf")
    assert "NotoSerifSC" in fonts


@pytest.mark.parametrize("name", [NAME, LONG])
def test_every_character_is_in_the_pdf(name: str, tmp_path: Path) -> None:
    (tmp_path / "seal.pdf").write_bytes(seal(name).pdf)
    _, text = run("pdftotext", "-raw", tmp_path / "seal.pdf", "-")
    assert sorted("".join(text.split())) == sorted(f"{name}3713250012345")


def test_border_star_and_transparent_ground() -> None:
    picture = seal("某某公司", None)
    assert opacity(picture, 19.4, 0) == 255  # border: 18.8 to 20 mm
    assert opacity(picture, 18.4, 0) == 0
    assert opacity(picture, 0, 6.0) == 255  # the star's upper tip, at 7 mm
    assert opacity(picture, 0, 7.4) == 0
    assert opacity(picture, 0, -6.0) == 0  # no tip points down
    assert opacity(picture, 0, -15) == 0  # no code was given
    assert opacity(picture, 19.9, 19.9) == 0  # outside the circle


def test_the_ink_is_red() -> None:
    image = Image.open(BytesIO(seal().png)).convert("RGBA")
    solid = [pixel for _, pixel in image.getcolors(1 << 16) or () if pixel[3] == 255]  # type: ignore[index]
    assert solid
    assert all(abs(r - 0xD7) < 5 and g < 5 and abs(b - 0x0F) < 5 for r, g, b, _ in solid)  # type: ignore[misc]


def test_same_design_same_bytes() -> None:
    design = SealDesign(SealKind.ENTERPRISE, NAME, "1")
    first = draw_seal(design)
    draw_seal.cache_clear()
    assert draw_seal(design) == first


@pytest.mark.parametrize("length", [2, 4, 8, 12, 18, 25, 35, 45])
def test_names_of_any_length_stay_on_their_arc(length: int) -> None:
    room = 270.0
    arc = along_top("山" * length, RULE.name, room)
    assert arc.span <= room + 1e-9
    assert arc.height <= RULE.name.height
    assert arc.width <= RULE.name.width
    assert math.isclose(sum(arc.angles), 0, abs_tol=1e-9)  # balanced about the top
    feet = RULE.name.edge - arc.height
    for one, other in pairwise(arc.angles):
        assert math.radians(other - one) * feet >= arc.width  # neighbours do not touch at their feet


def test_longer_names_widen_then_shrink() -> None:
    arcs = [along_top("山" * n, RULE.name, 270) for n in (6, 9, 14, 20, 30, 40)]
    assert arcs[0].span < arcs[1].span < arcs[2].span
    widths = [arc.width for arc in arcs]
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] >= RULE.name.least_width


def test_latin_letters_take_less_room() -> None:
    assert along_top("TCL科技", RULE.name, 270).span < along_top("山东省科技", RULE.name, 270).span


def test_missing_characters_are_named() -> None:
    with pytest.raises(GlyphsMissing) as refusal:
        seal("临沂𠮷祥\u200b公司")
    assert refusal.value.characters == "𠮷\u200b"
    assert refusal.value.message == "字库中没有以下字符，无法打印：𠮷（U+20BB7）、U+200B"


@pytest.mark.parametrize("name", ["", " ", "　", "山" * 60])
def test_names_that_cannot_be_a_seal(name: str) -> None:
    with pytest.raises(SealNameRefused):
        seal(name)


@pytest.mark.parametrize("code", ["", "37-1", "３７", "a1", "1" * 19, "1\n"])
def test_codes_that_cannot_be_engraved(code: str) -> None:
    with pytest.raises(SealCodeRefused):
        seal(NAME, code)


@pytest.mark.parametrize("code", ["1", "3713250012345", "91371300MA3C0TEQ4M"])
def test_codes_of_any_length_are_drawn(code: str) -> None:
    assert opacity_along_bottom(seal(NAME, code)) > 0


def opacity_along_bottom(picture: SealPicture) -> int:
    return max(opacity(picture, 0, -up / 10) for up in range(158, 178)) + max(
        opacity(picture, 0.5, -up / 10) for up in range(158, 178)
    )


def test_a_name_is_never_markup() -> None:
    name = '#panic("x")*_$[]@<a>\\"公司'
    assert seal(name, None).name == name
