"""Review, as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import Field

from api.applications.evidence import EvidenceKind
from api.applications.schemas import ApplicationView, EventView
from api.review.service import CaseFile
from api.wire import Answer, Body
from ca.documents.verification import SignatureReport


class Rejection(Body):
    """Why; the applicant reads it."""

    reason: str = Field(min_length=2, max_length=500, examples=["营业执照照片不清晰，请重新上传"])


class SealOnForm(Answer):
    """One signature on the form. ``problem``: a stable code, null when nothing is wrong."""

    signer: str
    valid: bool
    problem: str | None
    signed_at: datetime | None

    @classmethod
    def of(cls, report: SignatureReport) -> Self:
        """The view of a report."""
        return cls(
            signer=report.signer, valid=report.valid, problem=report.problem, signed_at=report.signed_at
        )


class CaseView(ApplicationView):
    """Everything an operator judges by."""

    product_name: str
    platform_name: str
    term: str
    legal_person: str | None
    legal_person_id: str | None
    holder_name: str
    holder_id: str
    holder_phone: str
    licence_sha256: str | None
    signed_form_sha256: str | None
    paper_form_sha256: str | None
    seals: list[SealOnForm]
    events: list[EventView]

    @classmethod
    def of_case(cls, case: CaseFile) -> Self:
        """The view of a case."""
        application = case.application
        return cls(
            **ApplicationView.of(application).model_dump(),
            product_name=case.product.name,
            platform_name=case.product.platform_name,
            term=case.product.term,
            legal_person=application.legal_person,
            legal_person_id=case.legal_person_id,
            holder_name=application.holder_name,
            holder_id=case.holder_id,
            holder_phone=application.holder_phone,
            licence_sha256=case.digests.get(EvidenceKind.LICENCE),
            signed_form_sha256=case.digests.get(EvidenceKind.SIGNED_FORM),
            paper_form_sha256=case.digests.get(EvidenceKind.PAPER_FORM),
            seals=[SealOnForm.of(report) for report in case.seals],
            events=[EventView.model_validate(event) for event in case.events],
        )
