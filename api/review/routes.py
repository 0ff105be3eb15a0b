"""Review over HTTP: operators alone (seed, the CA's side of sections 四 to 六)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from api.accounts.access import OnDuty
from api.applications.evidence import EvidenceKind
from api.applications.rules import Status
from api.applications.schemas import ApplicationView, StatusView
from api.paging import Page, Paged
from api.review.schemas import CaseView, Rejection
from api.review.service import Review

router = APIRouter(prefix="/v1/review/applications", tags=["CA 审核"])


def _review(request: Request) -> Review:
    found: Review = request.app.state.services.review
    return found


Service = Annotated[Review, Depends(_review)]


@router.get("")
def queue(
    operator: OnDuty,
    review: Service,
    page: Paged,
    status: Status | None = None,
) -> Page[ApplicationView]:
    """待审核列表: applications, those that wait longest first."""
    return page.page(review.queue(status, page).map(ApplicationView.of))


@router.get("/{application_id}")
def case(application_id: str, operator: OnDuty, review: Service) -> CaseView:
    """审核材料: all that the application is judged by."""
    return CaseView.of_case(review.case(application_id))


@router.get("/{application_id}/licence", response_class=Response)
def licence(application_id: str, operator: OnDuty, review: Service) -> Response:
    """营业执照照片."""
    return _file(review, application_id, EvidenceKind.LICENCE)


@router.get("/{application_id}/form", response_class=Response)
def form(application_id: str, operator: OnDuty, review: Service) -> Response:
    """申请书: the form, with the enterprise's seal once it has one."""
    return _file(review, application_id, EvidenceKind.SIGNED_FORM, EvidenceKind.FORM)


@router.get("/{application_id}/paper-form", response_class=Response)
def paper_form(application_id: str, operator: OnDuty, review: Service) -> Response:
    """纸质申请书照片: the form that was sealed on paper."""
    return _file(review, application_id, EvidenceKind.PAPER_FORM)


@router.post("/{application_id}/approve")
def approve(application_id: str, operator: OnDuty, review: Service) -> StatusView:
    """审核通过."""
    return _status(application_id, review.approve(operator, application_id))


@router.post("/{application_id}/reject")
def reject(application_id: str, body: Rejection, operator: OnDuty, review: Service) -> StatusView:
    """审核不通过, with the reason."""
    return _status(application_id, review.reject(operator, application_id, body.reason))


@router.post("/{application_id}/return")
def ask_for_more(application_id: str, body: Rejection, operator: OnDuty, review: Service) -> StatusView:
    """退回补充材料, with what is missing; the applicant adds it and submits again."""
    return StatusView.at(application_id, review.ask_for_more(operator, application_id, body.reason))


def _file(review: Review, application_id: str, *kinds: EvidenceKind) -> Response:
    kept = review.evidence(application_id, *kinds)
    return Response(kept.content, media_type=kept.media_type)


def _status(application_id: str, status: Status) -> StatusView:
    return StatusView.at(application_id, status)
