"""The form with which an enterprise applies for a certificate and seal (“数字证书和电子签章”企业申请表).

The filled form is one A4 page. It is printed and sealed on paper, or sealed by a CA lock at ``SEAL_PLACE``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Final

from ca.documents.form_fields import check_field
from ca.documents.placing import Place
from ca.typesetting.engine import Template

SEAL_PLACE: Final = Place(page=0, x_mm=158.0, y_mm=237.0)
"""Where 单位公章 goes: the centre of a seal of up to 42 mm."""

SIGNATURE_PLACE: Final = Place(page=0, x_mm=102.0, y_mm=214.0)
"""Where a signature for 法定代表人／授权代表签名 is written: the middle, a little above its line."""

_TEMPLATE: Final = Template(Path(__file__).parent / "templates" / "enterprise-application.typ")
_CHINA: Final = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class ApplicationForm:
    """What the form says, each value as it will be printed. Identifiers are checked by the caller."""

    application_number: str
    applied_on: date
    ca_name: str
    enterprise_name: str
    credit_code: str
    legal_person: str
    legal_person_id: str
    administrator_name: str
    administrator_phone: str
    administrator_id: str
    platform: str
    scope: str
    term: str


_LABELS: Final = {
    "application_number": "申请编号",
    "ca_name": "CA 机构",
    "enterprise_name": "单位名称",
    "credit_code": "统一社会信用代码",
    "legal_person": "法定代表人",
    "legal_person_id": "法定代表人身份证",
    "administrator_name": "管理员姓名",
    "administrator_phone": "管理员手机号码",
    "administrator_id": "管理员身份证号",
    "platform": "平台名称",
    "scope": "使用范围",
    "term": "使用期限",
}


def render_application_form(form: ApplicationForm) -> bytes:
    """The filled form as a tagged PDF; the same form always gives the same bytes.

    Raises FormFieldRefused for an empty or overlong field, GlyphsMissing for a character that the font lacks.
    """
    for name, label in _LABELS.items():
        check_field(label, getattr(form, name))
    data = asdict(form) | {
        "applied_on": form.applied_on.isoformat(),
        "labels": _LABELS,
        "seal": {"x": SEAL_PLACE.x_mm, "y": SEAL_PLACE.y_mm},
    }
    return _TEMPLATE.pdf(data, datetime.combine(form.applied_on, time(), _CHINA), tagged=True)
