"""The company of the story, and the papers it brings."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

import pylopdf_fonts_zh_cn
import typst
from PIL import Image, ImageDraw, ImageFont

_FONTS: Final = Path(pylopdf_fonts_zh_cn.__file__).parent
_ORDINARY: Final = """
#set page(paper: "a4", margin: 28mm)
#set text(font: "Noto Serif SC", size: 12pt, lang: "zh")
#set par(leading: 1em, first-line-indent: 2em, justify: true)
#align(center, text(size: 20pt)[投 标 承 诺 函])
#v(1em)
临沂市公共资源交易中心：

我公司已详细阅读本项目招标文件的全部内容，自愿参加投标，并承诺所提交的投标文件真实、合法、有效。\\
如有虚假，我公司愿承担由此产生的一切法律责任。
#v(1fr)
#align(right)[投标人（电子签章）：#h(12em)]
#align(right)[COMPANY#h(4em)]
#v(4em)
"""


@dataclass(frozen=True, slots=True)
class Company:
    """An enterprise as its licence and people are; the numbers are made up and pass their check digits."""

    name: str = "临沂阳光建设工程有限公司"
    credit_code: str = "91371300MA3C0TEQ4M"
    legal_person: str = "张三"
    legal_person_id: str = "371302198504120015"
    administrator: str = "李四"
    administrator_id: str = "371302199001010011"
    phone: str = "13800138000"
    clerk: str = "王五"
    clerk_id: str = "37130219950301002X"
    clerk_phone: str = "13800138001"


def licence_picture(company: Company) -> bytes:
    """A photo of the licence, JPEG."""
    picture = Image.new("RGB", (1600, 1130), "#fffdf5")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((30, 30, 1570, 1100), outline="#b08d57", width=8)
    lines = [(90, "营 业 执 照"), (48, f"统一社会信用代码  {company.credit_code}")]
    lines += [(48, f"名    称  {company.name}"), (48, f"法定代表人  {company.legal_person}")]
    y = 120
    for size, line in lines:
        font = ImageFont.truetype(str(_FONTS / "NotoSerifSC-Regular.otf"), size)
        draw.text((800, y), line, font=font, fill="#222222", anchor="ma")
        y += 3 * size
    output = BytesIO()
    picture.save(output, "JPEG", quality=85)
    return output.getvalue()


def ordinary_document(company: Company) -> bytes:
    """A page that a bidder seals, PDF."""
    source = _ORDINARY.replace("COMPANY", company.name)
    return bytes(typst.compile(source.encode(), font_paths=[str(_FONTS)], ignore_system_fonts=True))
