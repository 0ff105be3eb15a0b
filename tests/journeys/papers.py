"""What people lay on the desk and photograph, and what they bring as PDF."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
import pylopdf_fonts_zh_cn
import typst
from PIL import Image

from ca.documents.forms import SEAL_PLACE
from ca.licences.model import TypedLicence
from ca.seals.picture import SealDesign, SealKind, draw_seal
from tests.support.camera.lens import Pixels, Shot, encoded, photograph
from tests.support.camera.licences import photographed, qr_content
from tests.support.camera.pen import signature
from tests.support.camera.sheets import written

_PER_MM: Final = 8
_SHOT: Final = Shot(size=(1800, 2400), tilt=0.01, turn=2.0, margin=0.03)
_INK: Final = (25, 35, 90)

Random = np.random.Generator


def licence_photo(name: str, credit_code: str, legal_person: str) -> bytes:
    """A phone's photo of 营业执照."""
    licence = TypedLicence(credit_code, name, legal_person)
    return photographed(licence, qr_content(licence, linked=False), np.random.default_rng(7)).jpeg


def identity_card_copy() -> bytes:
    """A copy of an identity card, as far as the service looks at it: a picture."""
    return encoded(np.full((500, 800, 3), 235, np.uint8))


def printed(form: bytes) -> Pixels:
    """The first page as it comes out of a printer."""
    with tempfile.TemporaryDirectory() as folder:
        pdf, dots = Path(folder, "form.pdf"), round(_PER_MM * 25.4)
        pdf.write_bytes(form)
        command = ["pdftoppm", "-png", "-singlefile", "-r", str(dots), str(pdf), str(pdf.with_suffix(""))]
        subprocess.run(command, check=True, timeout=60)
        return np.array(Image.open(pdf.with_suffix(".png")).convert("RGB"))


def stamped(sheet: Pixels, name: str) -> Pixels:
    """盖完章: the enterprise's red seal of rubber where the form wants it."""
    png = draw_seal(SealDesign(SealKind.ENTERPRISE, name, "3713250012345")).png
    side = 40 * _PER_MM
    seal = Image.open(BytesIO(png)).convert("RGBA").resize((side, side)).rotate(8, Image.Resampling.BICUBIC)
    at = round(SEAL_PLACE.x_mm * _PER_MM) - side // 2, round(SEAL_PLACE.y_mm * _PER_MM) - side // 2
    page = Image.fromarray(sheet)
    page.paste(seal, at, seal.getchannel("A").point(lambda alpha: int(alpha * 0.85)))
    return np.array(page)


def signed(sheet: Pixels, x_mm: float, y_mm: float, random: Random) -> Pixels:
    """The sheet with a name written by hand, centred there."""
    stroke = signature(random, 12 * _PER_MM)
    left, top = (
        round(mm * _PER_MM - side / 2) for mm, side in zip((x_mm, y_mm), stroke.shape[::-1], strict=True)
    )
    return written(sheet, stroke, (left, top), _INK)[0]


def photo_of(sheet: Pixels, change: Callable[[Shot], Shot] = lambda shot: replace(shot)) -> bytes:
    """拍照上传."""
    return photograph(sheet, None, change(_SHOT), np.random.default_rng(11)).jpeg


def bid_letter() -> bytes:
    """投标函: an ordinary PDF that a bidder seals."""
    fonts = pylopdf_fonts_zh_cn.serif_path().parent
    source = '#set page(paper: "a4")\n#set text(font: "Noto Serif SC")\n= 投标函\n致：临沂市公共资源交易中心'
    made: bytes = typst.compile(source.encode(), font_paths=[str(fonts)])  # type: ignore[misc]
    return made
