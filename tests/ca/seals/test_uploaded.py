"""Seals cut out of photographs: every kind's outline, whatever the light, and pictures that give none."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from ca.inspection import apart
from ca.photos.errors import PictureInvalid
from ca.seals.picture import SealDesign, draw_seal
from ca.seals.rules import SealKind
from ca.seals.uploaded.cutting import cut_seal
from ca.seals.uploaded.embedding import embedded
from ca.seals.uploaded.errors import (
    PictureNotASeal,
    SealCutOff,
    SealPictureSmall,
    SealSizeDiffers,
    SeveralSeals,
)
from ca.seals.uploaded.model import Outline, Shape
from tests.ca.judges import run
from tests.support.camera.lens import Pixels, Shot, encoded, photograph
from tests.support.camera.sheets import paper
from tests.support.camera.subjects import UNSIGNED, form_page, sealed

NAME = "临沂某某建设工程有限公司"
ROUND = Outline(Shape.OVAL, 40.0, 40.0)
DESIGNS = {
    ROUND: SealDesign(SealKind.ENTERPRISE, NAME, "3713250012345"),
    Outline(Shape.OVAL, 38.0, 38.0): SealDesign(SealKind.CONTRACT, NAME, number=1),
    Outline(Shape.OVAL, 40.0, 30.0): SealDesign(SealKind.INVOICE, NAME, "91371300MA3C0TEQ4M"),
    Outline(Shape.SQUARE, 18.0, 18.0): SealDesign(SealKind.LEGAL_PERSON, "李小明"),
}
SHOT = Shot(size=(2000, 1500), tilt=0.015, shadow=0.3, margin=0.03)
A_MM = 20  # pixels of the sheet


def sheet(*designs: SealDesign, ground: tuple[int, int, int] = (246, 246, 243), turn: float = 0.0) -> Pixels:
    """A sheet of 85 by 65 mm with the seals side by side."""
    page = Image.fromarray(paper(1700, 1300, ground, np.random.default_rng(5)))
    for place, design in enumerate(designs):
        picture = draw_seal(design)
        size = round(picture.width_mm * A_MM), round(picture.height_mm * A_MM)
        drawn = Image.open(BytesIO(picture.png)).convert("RGBA").resize(size)
        drawn = drawn.rotate(turn, Image.Resampling.BICUBIC, expand=True)
        at = 400 if len(designs) == 1 else 40 + 810 * place
        page.paste(drawn, (at, 250), drawn.getchannel("A").point(lambda a: int(a * 0.85)))
    return np.asarray(page)


def taken(pixels: Pixels, shot: Shot = SHOT) -> bytes:
    return photograph(pixels, None, shot, np.random.default_rng(3)).jpeg


def opacity(png: bytes, size: tuple[int, int]) -> NDArray[Any]:
    alpha = Image.open(BytesIO(png)).convert("RGBA").getchannel("A").resize(size, Image.Resampling.BOX)
    return cv2.GaussianBlur(np.asarray(alpha, np.float32), (0, 0), 3.0)


def likeness(png: bytes, design: SealDesign) -> float:
    """How far two seals have their ink in the same places, to about half a millimetre; 1 for the same."""
    size = (300, round(300 * draw_seal(design).height_mm / draw_seal(design).width_mm))
    return float(np.corrcoef(opacity(png, size).ravel(), opacity(draw_seal(design).png, size).ravel())[0, 1])


@pytest.mark.parametrize("outline", DESIGNS)
def test_every_kind_is_cut_out_of_a_photo(outline: Outline) -> None:
    design = DESIGNS[outline]
    cut = cut_seal(taken(sheet(design)), outline)
    assert cut.ppi >= 300
    pixels = Image.open(BytesIO(cut.png))
    assert pixels.size == pytest.approx(
        (outline.width_mm / 25.4 * cut.ppi, outline.height_mm / 25.4 * cut.ppi), abs=1
    )
    assert likeness(cut.png, design) > 0.9


@pytest.mark.parametrize("ground", [(247, 214, 218), (252, 240, 200), (225, 235, 250)])
def test_paper_of_any_colour_is_taken_away(ground: tuple[int, int, int]) -> None:
    design = DESIGNS[ROUND]
    cut = cut_seal(taken(sheet(design, ground=ground)), ROUND)
    alpha = np.asarray(Image.open(BytesIO(cut.png)).convert("RGBA").getchannel("A"))
    high, wide = alpha.shape
    between = alpha[round(high * 0.69) : round(high * 0.74), round(wide * 0.4) : round(wide * 0.6)]
    assert between.mean() < 4  # no ink below the star
    assert likeness(cut.png, design) > 0.9


def test_print_under_the_seal_is_not_taken_for_ink() -> None:
    """The form's own black text runs under the seal."""
    page = sealed(form_page(), 158 * 12, 237 * 12, 12)
    around = page[210 * 12 : 264 * 12, 130 * 12 : 186 * 12]
    large = cv2.resize(around, None, fx=1.4, fy=1.4, interpolation=cv2.INTER_CUBIC)
    cut = cut_seal(encoded(np.asarray(large, np.uint8), 92), ROUND)
    assert likeness(cut.png, SealDesign(SealKind.ENTERPRISE, NAME, "3713250012345")) > 0.85


def test_the_result_is_one_red_on_nothing_and_stamped_at_true_size(tmp_path: Path) -> None:
    cut = cut_seal(taken(sheet(DESIGNS[ROUND])), ROUND)
    colours = Image.open(BytesIO(cut.png)).convert("RGBA").getcolors(1 << 20)
    assert {pixel[:3] for _, pixel in colours or ()} == {(0xD7, 0x00, 0x0F)}  # type: ignore[index]
    picture = embedded(NAME, cut.png, 40.0, 40.0)
    (tmp_path / "seal.pdf").write_bytes(picture.pdf)
    _, report = run("pdfinfo", tmp_path / "seal.pdf")
    assert "113.386 x 113.386 pts" in report
    _, images = run("pdfimages", "-list", tmp_path / "seal.pdf")
    assert "smask" in images


def test_a_process_apart_gives_the_same_and_its_refusals() -> None:
    photo = taken(sheet(DESIGNS[ROUND]))
    assert apart.cut_seal(photo, ROUND) == cut_seal(photo, ROUND)
    with pytest.raises(SealPictureSmall) as refused:
        apart.cut_seal(taken(sheet(DESIGNS[ROUND]), replace(SHOT, size=(700, 525))), ROUND)
    assert refused.value.facts["needed"] == 300
    assert "300" in refused.value.message


def test_a_seal_at_the_edge_is_cut_off() -> None:
    page = sheet(DESIGNS[ROUND])
    with pytest.raises((SealCutOff, PictureNotASeal)):
        cut_seal(encoded(page[:, 500:], 92), ROUND)
    with pytest.raises(SealCutOff):
        cut_seal(encoded(page[250:1060, 400:1210], 92), ROUND)


def test_of_two_seals_nobody_knows_which_is_meant() -> None:
    with pytest.raises(SeveralSeals):
        cut_seal(taken(sheet(DESIGNS[ROUND], DESIGNS[ROUND])), ROUND)


def test_another_shape_is_not_the_kind_that_was_asked_for() -> None:
    square, oval = Outline(Shape.SQUARE, 18.0, 18.0), Outline(Shape.OVAL, 40.0, 30.0)
    for asked, shown in ((ROUND, square), (square, ROUND), (oval, square), (oval, ROUND)):
        with pytest.raises(PictureNotASeal):
            cut_seal(taken(sheet(DESIGNS[shown])), asked)


@pytest.mark.parametrize("kind", [kind for kind in UNSIGNED if "seal" not in kind][:4])
def test_pictures_of_other_things(kind: str) -> None:
    with pytest.raises((PictureNotASeal, SealCutOff, SeveralSeals, SealPictureSmall)):
        cut_seal(UNSIGNED[kind](np.random.default_rng(7)).jpeg, ROUND)


def test_a_blot_and_a_blank_sheet() -> None:
    blot = paper(1200, 1200, (246, 246, 243), np.random.default_rng(1)).copy()
    with pytest.raises(PictureNotASeal):
        cut_seal(encoded(blot), ROUND)
    cv2.circle(blot, (600, 600), 400, (200, 10, 30), -1)
    with pytest.raises(PictureNotASeal):
        cut_seal(encoded(blot), ROUND)


def test_a_scan_tells_its_scale() -> None:
    page = Image.fromarray(sheet(DESIGNS[ROUND]))  # 20 pixels to the mm: 508 to the inch
    scans = {}
    for ppi in (508, 300, 72):
        out = BytesIO()
        page.save(out, "PNG", dpi=(ppi, ppi))
        scans[ppi] = out.getvalue()
    assert cut_seal(scans[508], ROUND).ppi == 400
    assert cut_seal(scans[72], ROUND).ppi == 400  # says nothing
    with pytest.raises(SealSizeDiffers) as refused:
        cut_seal(scans[300], ROUND)
    assert refused.value.facts["found"] == pytest.approx(67.7, abs=1)


@pytest.mark.parametrize("junk", [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"])
def test_what_is_no_picture(junk: bytes) -> None:
    with pytest.raises(PictureInvalid):
        cut_seal(junk, ROUND)
