"""Review over HTTP: operators alone (seed, the CA's side of sections 四 to 六)."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from api.accounts.access import Managing, OnDuty, Reading
from api.applications.evidence import EvidenceKind
from api.applications.kinds import ApplicationKind
from api.applications.rules import Status
from api.applications.schemas import StatusView
from api.catalogue.schemas import CODE_PATTERN
from api.idempotency.middleware import NEVER_KEPT
from api.openapi.refusals import refuses
from api.paging import Page, Paged
from api.review.bodies import ChecksAsked, Rejection, Return, Reveal, TakeOver
from api.review.queue import Filters
from api.review.rules import Assigned
from api.review.schemas import CaseView, ClaimView, CountsView, QueuedView, RevealedView
from api.review.service import Review

router = APIRouter(prefix="/v1/review", tags=["CA 审核"])

_PDF: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"application/pdf": {}}}}
_PICTURE: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"image/jpeg": {}, "image/png": {}}}}

_CONFLICTS: Final = ("operator_identity_needed", "own_application", "second_operator_needed")
"""Who may not judge a case."""


def review_of(request: Request) -> Review:
    """The service of the slice."""
    found: Review = request.app.state.services.review
    return found


Service = Annotated[Review, Depends(review_of)]
Code = Annotated[str | None, Query(pattern=CODE_PATTERN)]
Revision = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("/queues")
def queues(operator: Reading, review: Service) -> CountsView:
    """待审核数量: how long each queue is, counted up to 1000."""
    return CountsView.of(review.holding.counts(operator))


@router.get("/search")
@refuses("search_needs_one")
def search(
    operator: Reading,
    review: Service,
    page: Paged,
    number: Annotated[str | None, Query(min_length=1, max_length=24)] = None,
    name: Annotated[
        str | None, Query(min_length=2, max_length=64, description="How the enterprise's name begins")
    ] = None,
    credit_code: Annotated[str | None, Query(min_length=18, max_length=18)] = None,
) -> Page[QueuedView]:
    """查询申请: by the application's number, the enterprise's name or its credit code; give one of them."""
    return page.page(review.holding.search(number, name, credit_code, page).map(QueuedView.of_queued))


@router.get("/applications")
@refuses("status_needed")
def queue(
    operator: Reading,
    review: Service,
    page: Paged,
    status: Status | None = None,
    kind: ApplicationKind | None = None,
    product: Code = None,
    authority: Code = None,
    assigned: Assigned = Assigned.ALL,
) -> Page[QueuedView]:
    """待审核列表: applications, those that wait longest first."""
    filters = Filters(status=status, kind=kind, product=product, authority=authority, assigned=assigned)
    return page.page(review.holding.queue(operator, filters, page).map(QueuedView.of_queued))


@router.get("/applications/{application_id}")
@refuses("not_found")
def case(application_id: str, operator: Reading, review: Service) -> CaseView:
    """审核材料: all that the application is judged by, every version side by side, numbers masked."""
    return CaseView.of_case(review.cases.file(application_id))


@router.get("/applications/{application_id}/licence", response_class=Response, responses=_PICTURE)
@refuses("not_found")
def licence(application_id: str, operator: Reading, review: Service) -> Response:
    """营业执照照片."""
    return _file(review, application_id, EvidenceKind.LICENCE)


@router.get("/applications/{application_id}/form", response_class=Response, responses=_PDF)
@refuses("not_found")
def form(application_id: str, operator: Reading, review: Service) -> Response:
    """申请书: the form, with the enterprise's seal once it has one."""
    return _file(review, application_id, EvidenceKind.SIGNED_FORM, EvidenceKind.FORM)


@router.get("/applications/{application_id}/paper-form", response_class=Response, responses=_PICTURE)
@refuses("not_found")
def paper_form(application_id: str, operator: Reading, review: Service) -> Response:
    """纸质申请书照片: the form that was sealed on paper."""
    return _file(review, application_id, EvidenceKind.PAPER_FORM)


@router.get("/applications/{application_id}/versions/{revision}/evidence/{kind}", response_class=Response)
@refuses("not_found")
def evidence(
    application_id: str,
    revision: Revision,
    kind: EvidenceKind,
    operator: Reading,
    review: Service,
    name: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """审核附件: any piece of evidence of any version; ``name``: an attachment's code."""
    return _file(review, application_id, kind, revision=revision, name=name)


@router.post("/applications/{application_id}/reveal", openapi_extra=NEVER_KEPT)
@refuses("case_claimed", "claim_needed", "not_found")
def reveal(application_id: str, body: Reveal, operator: OnDuty, review: Service) -> RevealedView:
    """显示完整证件号, of one's own case. The journal has who asked."""
    return RevealedView.model_validate(review.cases.reveal(operator, application_id, body.revision))


@router.post("/applications/{application_id}/claim")
@refuses("application_state", "case_claimed", "claim_needed", "not_found", *_CONFLICTS)
def claim(application_id: str, operator: OnDuty, review: Service) -> ClaimView:
    """领取申请 for 30 minutes, which every act renews; somebody else's answers 409 ``case_claimed``."""
    return ClaimView.model_validate(review.holding.claim(operator, application_id))


@router.delete("/applications/{application_id}/claim", status_code=204)
@refuses("case_claimed", "claim_needed", "not_found")
def release(application_id: str, operator: OnDuty, review: Service) -> None:
    """放回队列."""
    review.holding.release(operator, application_id)


@router.post("/applications/{application_id}/take-over")
@refuses("application_state", "claim_needed", "not_a_reviewer", "not_found", *_CONFLICTS)
def take_over(application_id: str, body: TakeOver, operator: Managing, review: Service) -> ClaimView:
    """转派申请: a manager gives the case to a reviewer, whoever has it."""
    return ClaimView.model_validate(review.holding.take_over(operator, application_id, body.operator))


@router.post("/applications/{application_id}/checks", status_code=202)
@refuses("case_claimed", "claim_needed", "not_found")
def check_again(application_id: str, operator: OnDuty, review: Service) -> ChecksAsked:
    """重新检查: the machine checks are made again soon."""
    revision = review.checking.ask(operator, application_id)
    return ChecksAsked(id=application_id, revision=revision)


@router.post("/applications/{application_id}/approve")
@refuses("application_state", "case_claimed", "claim_needed", "not_found", *_CONFLICTS)
def approve(application_id: str, operator: OnDuty, review: Service) -> StatusView:
    """审核通过; the first of two where two are demanded. One's own case alone."""
    return StatusView.at(application_id, review.deciding.approve(operator, application_id))


@router.post("/applications/{application_id}/reject")
@refuses(
    "application_state",
    "case_claimed",
    "claim_needed",
    "not_found",
    "reason_missing",
    "reason_too_long",
    "reason_unknown",
    *_CONFLICTS,
)
def reject(application_id: str, body: Rejection, operator: OnDuty, review: Service) -> StatusView:
    """审核不通过, with the reasons that the applicant reads."""
    return StatusView.at(application_id, review.deciding.reject(operator, application_id, body.why()))


@router.post("/applications/{application_id}/return")
@refuses(
    "application_state",
    "case_claimed",
    "claim_needed",
    "not_found",
    "reason_missing",
    "reason_too_long",
    "reason_unknown",
    *_CONFLICTS,
    "wanted_unknown",
)
def ask_for_more(application_id: str, body: Return, operator: OnDuty, review: Service) -> StatusView:
    """退回补充材料, with what is wanted; the applicant adds it and submits again."""
    status = review.deciding.ask_for_more(operator, application_id, body.why())
    return StatusView.at(application_id, status)


def _file(
    review: Review, application_id: str, *kinds: EvidenceKind, revision: int | None = None, name: str = ""
) -> Response:
    kept = review.cases.evidence(application_id, *kinds, revision=revision, name=name)
    return Response(kept.content, media_type=kept.media_type)
