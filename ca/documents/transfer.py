"""The letter with which an enterprise's administrator hands over (管理员移交书): one A4 page with a seal."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Final

from ca.documents.form_fields import check_field
from ca.documents.placing import Place
from ca.typesetting.engine import Template

LETTER_SEAL: Final = Place(page=0, x_mm=150.0, y_mm=205.0)
"""The centre of a seal of up to 42 mm."""

_TEMPLATE: Final = Template(Path(__file__).parent / "templates" / "administration-transfer.typ")
_CHINA: Final = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class TransferLetter:
    """What the letter says, each value as it will be printed; phones masked."""

    number: str
    written_on: date
    enterprise_name: str
    credit_code: str
    giver_name: str
    giver_phone: str
    recipient_name: str
    recipient_phone: str


_LABELS: Final = {
    "number": "编号",
    "enterprise_name": "单位名称",
    "credit_code": "统一社会信用代码",
    "giver_name": "现管理员姓名",
    "giver_phone": "现管理员手机号码",
    "recipient_name": "新管理员姓名",
    "recipient_phone": "新管理员手机号码",
}


def render_transfer_letter(letter: TransferLetter) -> bytes:
    """The letter as a tagged PDF; the same letter always gives the same bytes.

    Raises FormFieldRefused for an empty or overlong field, GlyphsMissing for a character that the font lacks.
    """
    for name, label in _LABELS.items():
        check_field(label, getattr(letter, name))
    data = asdict(letter) | {
        "written_on": letter.written_on.isoformat(),
        "labels": _LABELS,
        "seal": {"x": LETTER_SEAL.x_mm, "y": LETTER_SEAL.y_mm},
    }
    return _TEMPLATE.pdf(data, datetime.combine(letter.written_on, time(), _CHINA), tagged=True)
