"""Scans for platforms: each call is signed by its platform (``api.platforms.access``)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request, Response

from api.openapi.refusals import PDF, TOKEN, WINDOW, refuses
from api.openings.access import CallKept
from api.platforms.access import Calling
from api.scanning.requests import ScanAsked
from api.scanning.schemas import CreatedView, EventView, EvidenceView, PlatformScanView
from api.scanning.wiring import Scanning

router = APIRouter(prefix="/platform/v1/scans", tags=["平台接口"])

_PDF: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"application/pdf": {}}}}
_CLOSED: Final = (
    *("session_answered", "session_cancelled", "session_expired", "session_failed", "session_not_found"),
    *("session_not_ready", "session_refused"),
)


def _scanning(request: Request) -> Scanning:
    found: Scanning = request.app.state.services.scanning
    return found


Service = Annotated[Scanning, Depends(_scanning)]
ScanId = Annotated[str, Path(min_length=1, max_length=32)]


@router.post("", status_code=HTTPStatus.CREATED)
@refuses(
    *("certification_not_first", "lock_invalid"),
    *("document_missing", "envelope_repeated", "origin_not_registered", "place_off_page", "scope_missing"),
    *("session_key_invalid", "too_many_documents", "too_many_envelopes", "too_many_places", *PDF),
    *("deposit_too_late", "envelope_of_other_tender", "opening_not_begun", "opening_window_needed"),
    *WINDOW,
)
def ask(call: CallKept, body: ScanAsked, scanning: Service) -> CreatedView:
    """发起扫码: one request for one person's phone, shown as a QR code on the platform's page."""
    return CreatedView.of(scanning.asking.ask(call, body), scanning.public_url)


@router.get("/{scan_id}")
@refuses("session_not_found")
def scan(scan_id: ScanId, platform: Calling, scanning: Service) -> PlatformScanView:
    """查询扫码: how it stands, and its answer once it is complete."""
    return PlatformScanView.of(scanning.asking.scan(platform, scan_id))


@router.delete("/{scan_id}", status_code=HTTPStatus.NO_CONTENT)
@refuses(*_CLOSED)
def cancel(scan_id: ScanId, platform: Calling, scanning: Service) -> None:
    """取消扫码: before it is answered."""
    scanning.asking.cancel(platform, scan_id)


@router.get("/{scan_id}/documents/{number}", response_class=Response, responses=_PDF)
@refuses("scan_unfinished", "sealed_document_gone", "session_not_found")
def sealed_document(
    scan_id: ScanId, number: Annotated[int, Path(ge=0, lt=1000)], platform: Calling, scanning: Service
) -> Response:
    """下载签章后的文件: for 24 hours; ``number`` from 0, as in the request."""
    return Response(scanning.asking.sealed(platform, scan_id, number), media_type="application/pdf")


@router.get("/{scan_id}/evidence")
@refuses("session_not_found", *TOKEN)
def evidence(scan_id: ScanId, platform: Calling, scanning: Service) -> EvidenceView:
    """过程证据: every event with its time, and the same signed by the service."""
    told, statement = scanning.asking.evidence(platform, scan_id)
    return EvidenceView(events=[EventView(**one) for one in told["events"]], statement=statement)
