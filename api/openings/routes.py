"""开标 over HTTP: for the platform that announces it, the bidder, and operators."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import AfterValidator, AwareDatetime

from api.accounts.access import Reading
from api.openapi.refusals import TOKEN, WINDOW, refuses
from api.openings.access import CallKept
from api.openings.report import render_report
from api.openings.schemas import (
    Announcement,
    EvidenceFile,
    ListedOpeningView,
    OpeningView,
    PlatformOpeningView,
)
from api.openings.windows import Tender
from api.openings.wiring import OpeningServices
from api.paging import Page, Paged
from api.platforms.access import calling
from api.platforms.registered import Platform
from api.platforms.rules import Scope, check_scope
from api.realname.access import Verified
from api.wire import printable

platform_router = APIRouter(prefix="/platform/v1/openings", tags=["平台接口"])
router = APIRouter(prefix="/v1/openings", tags=["开标"])
operator_router = APIRouter(prefix="/v1/operator/openings", tags=["开标"])

_PDF: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"application/pdf": {}}}}
_SIGNED: Final = ("clock_untrusted", "opening_unknown", *TOKEN)


def _opening(request: Request) -> OpeningServices:
    found: OpeningServices = request.app.state.services.opening
    return found


Service = Annotated[OpeningServices, Depends(_opening)]
Calling = Annotated[Platform, Depends(calling(Scope.DECRYPT))]
Number = Annotated[
    str, Path(min_length=1, max_length=80, description="Of the tender"), AfterValidator(printable)
]
OpeningId = Annotated[str, Path(min_length=1, max_length=24)]


@platform_router.get("/{number:path}/evidence")
@refuses(*_SIGNED)
def evidence_for_platform(number: Number, platform: Calling, service: Service) -> EvidenceFile:
    """开标证据: the whole log of an opening, signed and time-stamped, to be verified offline."""
    return EvidenceFile.model_validate(service.evidence.of_platform(platform.id, number))


@platform_router.get("/{number:path}/evidence.pdf", response_class=Response, responses=_PDF)
@refuses(*_SIGNED)
def report_for_platform(number: Number, platform: Calling, service: Service) -> Response:
    """开标证据（PDF）: the same for people to read."""
    return _pdf(service.evidence.of_platform(platform.id, number))


@platform_router.put("/{number:path}")
@refuses(*WINDOW, "not_found", "scope_missing")
def announce(number: Number, call: CallKept, body: Announcement, service: Service) -> OpeningView:
    """公告开标时间: when the bids of a tender are opened, or that this is later than was announced.

    The signed call is kept as evidence. Once the opening has begun it can only be made longer.
    """
    check_scope(call.platform.scopes, Scope.DECRYPT)
    return OpeningView.of(service.openings.announce(call, Tender(number, body.title, body.window)))


@platform_router.get("/{number:path}")
@refuses("opening_unknown")
def opening_for_platform(number: Number, platform: Calling, service: Service) -> PlatformOpeningView:
    """开标情况: an opening and the bids that were deposited for it."""
    return PlatformOpeningView.listed(service.lists.of_platform(platform.id, number))


@router.get("")
def own_openings(person: Verified, service: Service, page: Paged) -> Page[ListedOpeningView]:
    """我的投标: openings for which one has deposited bids, the latest first, and these bids."""
    return page.page(service.lists.of_bidder(person, page).map(ListedOpeningView.listed))


@router.get("/{opening_id}/evidence")
@refuses(*_SIGNED)
def own_evidence(opening_id: OpeningId, person: Verified, service: Service) -> EvidenceFile:
    """我的开标证据: the log of an opening, as far as one's own bids are concerned.

    Of other bidders' events their digests alone are shown, so that it is still seen to be whole.
    """
    return EvidenceFile.model_validate(service.evidence.of_bidder(person, opening_id))


@router.get("/{opening_id}/evidence.pdf", response_class=Response, responses=_PDF)
@refuses(*_SIGNED)
def own_report(opening_id: OpeningId, person: Verified, service: Service) -> Response:
    """我的开标证据（PDF）: the same for people to read."""
    return _pdf(service.evidence.of_bidder(person, opening_id))


@operator_router.get("")
def openings(
    operator: Reading,
    service: Service,
    page: Paged,
    closes_after: Annotated[AwareDatetime | None, Query(description="Those that end after it")] = None,
) -> Page[ListedOpeningView]:
    """开标列表: openings of every platform, the latest first."""
    return page.page(service.lists.of_everybody(page, closes_after).map(ListedOpeningView.listed))


@operator_router.get("/{opening_id}/evidence")
@refuses(*_SIGNED)
def evidence_for_operator(opening_id: OpeningId, operator: Reading, service: Service) -> EvidenceFile:
    """开标证据: the whole log of an opening."""
    return EvidenceFile.model_validate(service.evidence.of_opening(opening_id))


@operator_router.get("/{opening_id}/evidence.pdf", response_class=Response, responses=_PDF)
@refuses(*_SIGNED)
def report_for_operator(opening_id: OpeningId, operator: Reading, service: Service) -> Response:
    """开标证据（PDF）: the same for people to read."""
    return _pdf(service.evidence.of_opening(opening_id))


def _pdf(file: dict[str, Any]) -> Response:
    return Response(render_report(file), media_type="application/pdf")
