"""An application side with real documents: one filled form a subject, kept in memory once signed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date, datetime
from functools import cache

from cryptography import x509

from ca.documents.forms import SEAL_PLACE, ApplicationForm, render_application_form
from ca.documents.signing import check_cms, embed_cms, prepare_pdf
from ca.seals.picture import SealDesign, draw_seal
from ca.seals.rules import SealKind
from mobile_bridge.server.tasks import TaskFacts

ENTERPRISE = "临沂某某建设工程有限公司"
CREDIT_CODE = "91371300MA3C0TEQ4M"

FACTS = TaskFacts(
    site="临沂市公共资源交易中心",
    title="“数字证书和电子签章”企业申请表",
    applicant_name="张三",
    applicant_phone_masked="138****5678",
    enterprise_name=ENTERPRISE,
    credit_code=CREDIT_CODE,
)


@cache
def filled_form() -> bytes:
    return render_application_form(
        ApplicationForm(
            application_number="SQ20261123-0001",
            applied_on=date(2026, 11, 23),
            ca_name="示范 CA",
            enterprise_name=ENTERPRISE,
            credit_code=CREDIT_CODE,
            legal_person="李四",
            legal_person_id="11010519491231002X",
            administrator_name="张三",
            administrator_phone="13812345678",
            administrator_id="11010519491231002X",
            platform="临沂市公共资源交易中心",
            scope="招投标",
            term="一年",
        )
    )


class WaitingForms:
    """Implements the bridge's ``ApprovalTasks``. ``checks`` see each call and may raise."""

    def __init__(self) -> None:
        self.form = filled_form()
        self.signed: dict[str, bytes] = {}
        self.check_certificate: Callable[[x509.Certificate], None] = lambda certificate: None
        self.check_answer: Callable[[], None] = lambda: None
        self.after_accept: Callable[[], None] = lambda: None

    def facts(self, subject: str) -> TaskFacts:
        return FACTS

    def prepare(self, subject: str, certificate_der: bytes, now: datetime) -> bytes:
        certificate = x509.load_der_x509_certificate(certificate_der)
        self.check_certificate(certificate)
        picture = draw_seal(SealDesign(SealKind.ENTERPRISE, ENTERPRISE))
        return prepare_pdf(
            self.form, certificate, picture, SEAL_PLACE, reason="申请数字证书", at=now
        ).document

    def accept(self, subject: str, document: bytes, cms: bytes, now: datetime) -> str:
        self.check_answer()
        check_cms(document, cms)
        self.signed[subject] = embed_cms(document, cms)
        self.after_accept()
        return hashlib.sha256(self.signed[subject]).hexdigest()
