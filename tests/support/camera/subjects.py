"""The kinds of photos that people upload as “a picture of the signature”, and photos that have none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from PIL import Image

import ca.documents.forms as forms
from ca.seals.picture import SealDesign, SealKind, draw_seal
from ca.typesetting.engine import Template
from ca.typesetting.fonts import Face
from tests.support.camera.lens import Photo, Pixels, Shot, photograph
from tests.support.camera.pen import signature
from tests.support.camera.sheets import BLUE_BLACK, coloured, paper, printed, prose, ruled, written

Random = np.random.Generator
Subject = Callable[[Random], Photo]

_WHITE: Final = (246, 246, 243)
_SHEET: Final = (2000, 1300)
FORM_PIXELS_PER_MM: Final = 12


def _shot(random: Random) -> Shot:
    wide = int(random.integers(1200, 2400))
    return Shot(
        size=(wide, wide * 3 // 4),
        tilt=random.uniform(0, 0.02),
        turn=random.uniform(-4, 4),
        margin=-0.08,
        unevenness=random.uniform(0.05, 0.3),
        blur=random.uniform(0.4, 1.3),
        noise=random.uniform(1, 5),
        quality=int(random.integers(60, 93)),
    )


def _signed(
    sheet: Pixels, random: Random
) -> tuple[Pixels, np.ndarray[tuple[int, int], np.dtype[np.float32]]]:
    """The sheet, signed by somebody somewhere about its middle."""
    high, wide = sheet.shape[:2]
    while True:
        stroke = signature(random, int(high * random.uniform(0.17, 0.38)))
        if stroke.shape[0] < high * 0.7 and stroke.shape[1] < wide * 0.75:
            break
    x = int((wide - stroke.shape[1]) * random.uniform(0.35, 0.65))
    y = int((high - stroke.shape[0]) * random.uniform(0.35, 0.65))
    return written(sheet, stroke, (x, y), BLUE_BLACK[random.integers(len(BLUE_BLACK))])


def _on(make: Callable[[Random], Pixels], change: Callable[[Shot, Random], Shot] = lambda s, r: s) -> Subject:
    def take(random: Random) -> Photo:
        sheet, ink = _signed(make(random), random)
        return photograph(sheet, ink, change(_shot(random), random), random)

    return take


def _blank(random: Random) -> Pixels:
    return paper(*_SHEET, _WHITE, random)


def _coloured(random: Random) -> Pixels:
    return paper(*_SHEET, coloured(random), random)


def _ruled(random: Random) -> Pixels:
    sheet = _blank(random)
    ruled(sheet, int(random.integers(70, 180)), random)
    return sheet


def _squared(random: Random) -> Pixels:
    sheet = _blank(random)
    ruled(sheet, int(random.integers(90, 180)), random, squared=True)
    return sheet


def _captioned(random: Random) -> Pixels:
    """Part of a form: a printed label, the edge of a cell, prose above and below."""
    size = int(random.integers(34, 60))
    sheet = prose(_blank(random), 30, 260, size, random)
    sheet = printed(sheet, "法定代表人／授权代表签名：", (150, 330), size)
    sheet = prose(sheet, 1060, 1290, size, random)
    cv2.rectangle(sheet, (90, 10), (1920, 1285), (60, 60, 60), 3)
    return sheet


@cache
def form_page() -> Pixels:
    """Our own application form, printed."""
    form = forms.ApplicationForm(
        application_number="SQ2026112400001",
        applied_on=date(2026, 11, 24),
        ca_name="山东某某数字证书认证中心",
        enterprise_name="临沂某某建设工程有限公司",
        credit_code="91371300MA3TEST0X5",
        legal_person="张某某",
        legal_person_id="371302198001011234",
        administrator_name="李某某",
        administrator_phone="13800001234",
        administrator_id="371302199001011234",
        platform="临沂市公共资源电子交易平台",
        scope="全流程电子招标投标",
        term="一年",
    )
    data = {name: str(getattr(form, name)) for name in forms.ApplicationForm.__slots__} | {
        "labels": forms._LABELS,
        "seal": {"x": forms.SEAL_PLACE.x_mm, "y": forms.SEAL_PLACE.y_mm},
    }
    folder = Path(forms.__file__).parent / "templates"
    png = Template(folder / "enterprise-application.typ").png(data, FORM_PIXELS_PER_MM * 25.4)
    return np.array(Image.open(BytesIO(png)).convert("RGB"))


def sealed(sheet: Pixels, x: int, y: int, pixels_per_mm: float, turn: float = 0.0) -> Pixels:
    """The sheet with a round red seal centred at (x, y)."""
    png = draw_seal(SealDesign(SealKind.ENTERPRISE, "临沂某某建设工程有限公司", "3713250012345")).png
    side = round(40 * pixels_per_mm)
    drawn = Image.open(BytesIO(png)).convert("RGBA")
    stamp = drawn.resize((side, side)).rotate(turn, Image.Resampling.BICUBIC)
    picture = Image.fromarray(sheet)
    picture.paste(stamp, (x - side // 2, y - side // 2), stamp.getchannel("A").point(lambda a: int(a * 0.85)))
    return np.array(picture)


def _form_shot(random: Random) -> Shot:
    high = int(random.integers(2400, 3000))
    return replace(
        _shot(random),
        size=(high * 3 // 4, high),
        margin=random.uniform(0.01, 0.06),
        turn=random.uniform(-5, 5),
    )


def _form(seal: bool) -> Subject:
    def take(random: Random) -> Photo:
        sheet = form_page()
        if seal:
            x, y = forms.SEAL_PLACE.x_mm, forms.SEAL_PLACE.y_mm
            sheet = sealed(sheet, round(x * 12), round(y * 12), 12, random.uniform(-20, 20))
        while True:
            stroke = signature(random, int(random.uniform(10, 16) * FORM_PIXELS_PER_MM))
            if stroke.shape[0] < 19 * 12 and stroke.shape[1] < 36 * 12:
                break
        place = forms.SIGNATURE_PLACE
        x = round((place.x_mm * 12) - stroke.shape[1] / 2 + random.normal(0, 12))
        y = round((place.y_mm * 12) - stroke.shape[0] / 2 + random.normal(0, 12))
        sheet, ink = written(sheet, stroke, (x, y), BLUE_BLACK[random.integers(len(BLUE_BLACK))])
        return photograph(sheet, ink, _form_shot(random), random)

    return take


def _page_on_desk(shot: Shot, random: Random) -> Shot:
    return replace(
        shot, margin=random.uniform(0.04, 0.12), tilt=random.uniform(0.03, 0.07), turn=random.uniform(-8, 8)
    )


def _shaded(shot: Shot, random: Random) -> Shot:
    return replace(shot, shadow=random.uniform(0.25, 0.55), unevenness=random.uniform(0.3, 0.55))


def _poor(shot: Shot, random: Random) -> Shot:
    return replace(
        shot, blur=random.uniform(1.5, 2.4), noise=random.uniform(6, 12), quality=int(random.integers(30, 50))
    )


SIGNED: Final[dict[str, Subject]] = {
    "white paper": _on(_blank),
    "coloured paper": _on(_coloured),
    "ruled paper": _on(_ruled),
    "squared paper": _on(_squared),
    "uneven light and shadow": _on(_blank, _shaded),
    "perspective, desk around": _on(_blank, _page_on_desk),
    "part of a form": _on(_captioned),
    "blur, noise, strong JPEG": _on(_blank, _poor),
    "whole form": _form(seal=False),
    "whole form with a seal": _form(seal=True),
}


def _unsigned(
    make: Callable[[Random], Pixels], change: Callable[[Shot, Random], Shot] = lambda s, r: s
) -> Subject:
    return lambda random: photograph(make(random), None, change(_shot(random), random), random)


def _only_prose(random: Random) -> Pixels:
    size = int(random.integers(28, 110))
    return prose(_blank(random), 60, 1280, size, random)


def _headline(random: Random) -> Pixels:
    size = int(random.integers(110, 260))
    face = Face.SONG if random.random() < 0.5 else Face.HEI
    return printed(_blank(random), "企业申请表格授权书"[: int(random.integers(2, 7))], (200, 450), size, face)


def _only_seal(random: Random) -> Pixels:
    return sealed(_blank(random), 900, 640, random.uniform(12, 24), random.uniform(-30, 30))


def _scene(random: Random) -> Pixels:
    """No document at all: smooth shapes and texture, as a photo of a room or of a face."""
    scene = cv2.resize(
        random.uniform(0, 255, (int(random.integers(3, 12)), 12, 3)).astype(np.float32), _SHEET
    )
    for _ in range(int(random.integers(2, 12))):
        centre = tuple(int(v) for v in random.uniform((0, 0), _SHEET))
        axes = tuple(int(v) for v in random.uniform(40, 500, 2))
        colour = tuple(float(v) for v in random.uniform(0, 255, 3))
        cv2.ellipse(scene, centre, axes, float(random.uniform(0, 180)), 0, 360, colour, -1, cv2.LINE_AA)
    scene += cv2.resize(random.normal(0, 12, (300, 400, 3)).astype(np.float32), _SHEET)
    return np.clip(scene, 0, 255).astype(np.uint8)


def _unsigned_form(random: Random) -> Photo:
    sheet = form_page()
    if random.random() < 0.5:
        sheet = sealed(sheet, 158 * 12, 237 * 12, 12, random.uniform(-20, 20))
    return photograph(sheet, None, _form_shot(random), random)


UNSIGNED: Final[dict[str, Subject]] = {
    "blank": _unsigned(_blank, _shaded),
    "blank on a desk": _unsigned(_coloured, _page_on_desk),
    "ruled": _unsigned(_ruled),
    "squared": _unsigned(_squared),
    "print": _unsigned(_only_prose),
    "headline": _unsigned(_headline),
    "label and cell": _unsigned(_captioned),
    "seal alone": _unsigned(_only_seal),
    "scene": _unsigned(_scene),
    "whole form unsigned": _unsigned_form,
}
