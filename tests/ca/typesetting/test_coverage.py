"""What the bundled fonts can draw, against a second reader of the same fonts."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import ImageFont

from ca.typesetting.coverage import coverage_of
from ca.typesetting.fonts import Face


@pytest.mark.parametrize("face", list(Face))
def test_agrees_with_freetype(face: Face) -> None:
    """FreeType draws every absent character as one and the same box."""
    font = ImageFont.truetype(str(face.path), 24)
    absent = bytes(font.getmask("\U000f0000"))
    sample = [
        chr(point) for start in (0x3400, 0x4E00, 0x9F00, 0x20B00) for point in range(start, start + 256)
    ]
    drawn = {character for character in sample if bytes(font.getmask(character)) != absent}
    assert {character for character in sample if character in face.coverage} == drawn


@pytest.mark.parametrize("face", list(Face))
def test_names_and_punctuation_are_there(face: Face) -> None:
    assert face.coverage.missing("临沂有限责任公司（）·“”—喆堃䶮㛃镕 ABCabc0123456789") == ""


def test_missing_ones_are_told_once_in_order() -> None:
    assert Face.SONG.coverage.missing("𠮷公𬎆司𠮷\t") == "𠮷𬎆\t"


def test_not_a_font(tmp_path: Path) -> None:
    (tmp_path / "x.otf").write_bytes(b"\0\1\0\0\0\0" + bytes(20))
    with pytest.raises(ValueError, match="cmap"):
        coverage_of(tmp_path / "x.otf")
