"""移交管理员 over HTTP."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request, Response

from api.enterprises.handover.rules import NAMES, Status
from api.enterprises.handover.service import Handovers
from api.enterprises.schemas import HandoverStatus, HandoverView, Offer, Refusal
from api.openapi.refusals import PIN, SEAL, refuses
from api.previews import PNG, USUAL_WIDTH, PageNumber, Width, preview
from api.realname.access import Verified

router = APIRouter(prefix="/v1/enterprises/{credit_code}/handovers", tags=["移交管理员"])

_PDF: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"application/pdf": {}}}}


def _handovers(request: Request) -> Handovers:
    found: Handovers = request.app.state.services.handovers
    return found


Service = Annotated[Handovers, Depends(_handovers)]
CreditCode = Annotated[str, Path(min_length=18, max_length=18)]
HandoverId = Annotated[str, Path(min_length=1, max_length=24)]


@router.post("", status_code=HTTPStatus.CREATED)
@refuses(
    "administrator_needed",
    "certificate_invalid",
    "certificate_not_for_signing",
    "certificate_not_found",
    "certificate_of_other_enterprise",
    "handover_expired",
    "handover_pending",
    "handover_recipient",
    "handover_state",
    "no_longer_member",
    "not_found",
    "not_permitted",
    *SEAL,
    *PIN,
)
def offer(credit_code: CreditCode, body: Offer, person: Verified, service: Service) -> HandoverView:
    """移交管理员: offer it to a clerk; the enterprise's certificate stamps the letter with its PIN."""
    pin = body.pin.get_secret_value()
    made = service.offer(person, credit_code, body.member, body.serial, pin)
    return HandoverView.of(made, person.id)


@router.get("")
def list_own(credit_code: CreditCode, person: Verified, service: Service) -> list[HandoverView]:
    """移交记录: in which one is giver or recipient, the newest first."""
    return [HandoverView.of(one, person.id) for one in service.all_of(person, credit_code)]


@router.get("/{handover}/letter", response_class=Response, responses=_PDF)
@refuses("not_found")
def letter(credit_code: CreditCode, handover: HandoverId, person: Verified, service: Service) -> Response:
    """查看移交书: the letter with the enterprise's seal, a PDF."""
    return Response(service.letter(person, credit_code, handover), media_type="application/pdf")


@router.get("/{handover}/letter/pages/{page}.png", response_class=Response, responses=PNG)
@refuses("not_found")
def letter_page(
    credit_code: CreditCode,
    handover: HandoverId,
    page: PageNumber,
    person: Verified,
    service: Service,
    width: Width = USUAL_WIDTH,
) -> Response:
    """预览移交书: one page of the letter as a picture."""
    return preview(service.letter(person, credit_code, handover), page, width)


@router.post("/{handover}/accept")
@refuses("handover_expired", "handover_state", "no_longer_member", "not_found")
def accept(
    credit_code: CreditCode, handover: HandoverId, person: Verified, service: Service
) -> HandoverStatus:
    """接受移交: one becomes the administrator; the former one's certificates are revoked."""
    return _status(handover, service.accept(person, credit_code, handover))


@router.post("/{handover}/decline")
@refuses("handover_expired", "handover_state", "not_found")
def decline(
    credit_code: CreditCode, handover: HandoverId, body: Refusal, person: Verified, service: Service
) -> HandoverStatus:
    """拒绝移交."""
    return _status(handover, service.decline(person, credit_code, handover, body.reason))


@router.post("/{handover}/withdraw")
@refuses("handover_expired", "handover_state", "not_found")
def withdraw(
    credit_code: CreditCode, handover: HandoverId, person: Verified, service: Service
) -> HandoverStatus:
    """取消移交: while the other has not accepted."""
    return _status(handover, service.withdraw(person, credit_code, handover))


def _status(handover: str, status: Status) -> HandoverStatus:
    return HandoverStatus(id=handover, status=status, status_name=NAMES[status])
