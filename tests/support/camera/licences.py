"""Business licences that the suite draws and photographs."""

from __future__ import annotations

from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
import qrcode
from PIL import Image

from ca.licences.model import TypedLicence
from ca.typesetting.engine import Template
from tests.support.camera.lens import Photo, Pixels, Shot, photograph

_SHEET: Final = Template(Path(__file__).parent / "licence.typ")

LICENCES: Final = (
    TypedLicence("91371300MA3C7R5T4K", "临沂某某建设工程有限公司", "张建国"),
    TypedLicence("91370200565718546R", "青岛海陆空间规划设计研究院有限公司", "欧阳明远"),
    TypedLicence("91110108MA01KQ0D47", "北京云杉数字科技（集团）股份有限公司", "李敏"),
    TypedLicence("91371300771002100Q", "山东沂蒙路桥工程有限责任公司", "王己丑"),
)


def qr_content(licence: TypedLicence, linked: bool) -> str:
    """What the QR code says: an address of the public register, or the particulars themselves."""
    if linked:
        return f"https://www.gsxt.gov.cn/index.html?uniscid={licence.credit_code}"
    return f"统一社会信用代码:{licence.credit_code};名称:{licence.name};登记机关:临沂市市场监督管理局"


def drawn(licence: TypedLicence, qr: str) -> Pixels:
    """The licence as a sheet of 8 pixels to the millimetre."""
    code = qrcode.QRCode(border=1, error_correction=qrcode.constants.ERROR_CORRECT_M)
    code.add_data(qr)
    code.make()
    dots = ["".join("1" if dot else "0" for dot in row) for row in code.get_matrix()]
    png = _SHEET.png(asdict(licence) | {"qr": dots}, 8 * 25.4)
    return np.array(Image.open(BytesIO(png)).convert("RGB"))


def photographed(licence: TypedLicence, qr: str, random: np.random.Generator, hard: bool = False) -> Photo:
    """A photo of it lying on a desk; a hard one is blurred, turned and dark in a corner."""
    wide = int(random.integers(1800, 2800))
    shot = Shot(
        size=(wide, wide * 3 // 4),
        tilt=random.uniform(0, 0.05 if hard else 0.02),
        turn=random.uniform(-9, 9) if hard else random.uniform(-3, 3),
        margin=random.uniform(0.02, 0.07),
        unevenness=random.uniform(0.2, 0.5) if hard else 0.2,
        shadow=random.uniform(0.2, 0.45) if hard else 0.0,
        blur=random.uniform(1.4, 2.2) if hard else random.uniform(0.5, 1.1),
        noise=random.uniform(5, 9) if hard else 3.0,
        quality=int(random.integers(40, 60)) if hard else 85,
    )
    return photograph(drawn(licence, qr), None, shot, random)
