"""What waits for an enterprise's administrator, over HTTP (seed, section 八)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from api.applications.bodies import ConsentGiven, Declined
from api.applications.schemas import AskingView, StatusView
from api.applications.service import Applications
from api.applications.service.consent import Consents
from api.openapi.refusals import PIN, SEAL, refuses
from api.paging import Page, Paged
from api.previews import PNG, USUAL_WIDTH, PageNumber, Width, preview
from api.realname.access import Verified

router = APIRouter(prefix="/v1/consents", tags=["加入企业审批"])

_PDF: dict[int | str, dict[str, Any]] = {200: {"content": {"application/pdf": {}}}}


def _consents(request: Request) -> Consents:
    found: Applications = request.app.state.services.applications
    return found.consents


Service = Annotated[Consents, Depends(_consents)]


@router.get("")
def waiting(person: Verified, service: Service, page: Paged) -> Page[AskingView]:
    """加入企业申请列表: who asks to act for the enterprises that one administers."""
    return page.page(service.waiting(person, page).map(AskingView.of))


@router.get("/{application_id}")
@refuses("not_found")
def show(application_id: str, person: Verified, service: Service) -> AskingView:
    """加入企业申请: one of them."""
    return AskingView.of(service.show(person, application_id))


@router.get("/{application_id}/letter", response_class=Response, responses=_PDF)
@refuses("not_found")
def letter(application_id: str, person: Verified, service: Service) -> Response:
    """授权书: the letter of authorisation as PDF, sealed once it is."""
    kept = service.letter(person, application_id)
    return Response(kept.content, media_type=kept.media_type)


@router.get("/{application_id}/letter/pages/{page}.png", response_class=Response, responses=PNG)
@refuses("not_found")
def letter_page(
    application_id: str, page: PageNumber, person: Verified, service: Service, width: Width = USUAL_WIDTH
) -> Response:
    """预览授权书: one page of the letter of authorisation as a picture."""
    return preview(service.letter(person, application_id).content, page, width)


@router.post("/{application_id}/consent")
@refuses(
    "administrator_needed",
    "application_state",
    "certificate_invalid",
    "certificate_not_for_signing",
    "certificate_not_found",
    "certificate_of_other_enterprise",
    "no_longer_member",
    "not_found",
    "not_permitted",
    "second_operator_needed",
    *SEAL,
    *PIN,
)
def consent(application_id: str, body: ConsentGiven, person: Verified, service: Service) -> StatusView:
    """确认并盖章: seal 授权书 with a certificate of the enterprise and its PIN; the CA reviews then."""
    status = service.consent(person, application_id, body.serial, body.pin.get_secret_value())
    return StatusView.at(application_id, status)


@router.post("/{application_id}/decline")
@refuses("application_state", "not_found")
def decline(application_id: str, body: Declined, person: Verified, service: Service) -> StatusView:
    """不同意: with a reason that the applicant reads."""
    return StatusView.at(application_id, service.decline(person, application_id, body.reason))
