"""扫码 on the phone."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request, Response

from api.accounts.access import SignedIn
from api.openapi.refusals import PDF, PICTURE, PIN, SEAL, refuses
from api.realname.access import Verified
from api.scanning.errors import QrNotFound
from api.scanning.schemas import ApprovalBody, Claim, RefusalBody, ScanView
from api.scanning.wiring import Scanning
from api.uploads import PICTURE_BODY, Picture
from ca.inspection.apart import read_code

router = APIRouter(prefix="/v1/scans", tags=["扫码"])

_PDF: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"application/pdf": {}}}}
_CLOSED: Final = (
    *("session_answered", "session_cancelled", "session_expired", "session_failed", "session_not_found"),
    *("session_not_ready", "session_refused"),
)
_CLAIM: Final = (
    *("already_claimed", "approval_in_progress", "not_bound", "qr_forged", "qr_malformed", "qr_stale"),
    *("real_name_required", *_CLOSED),
)
_UNFIT: Final = (
    *("administrator_needed", "certificate_invalid", "certificate_not_for_signing", "enterprise_differs"),
    *("no_longer_member", "not_bound", "not_found", "not_permitted"),
)
_SEALED: Final = (
    "document_changed",
    "document_missing",
    "glyphs_missing",
    "seal_code_invalid",
    "seal_name_invalid",
    *PDF,
)


def _scanning(request: Request) -> Scanning:
    found: Scanning = request.app.state.services.scanning
    return found


Service = Annotated[Scanning, Depends(_scanning)]
ScanId = Annotated[str, Path(min_length=1, max_length=32)]


@router.post("/claims", status_code=HTTPStatus.CREATED)
@refuses(*_CLAIM)
def claim(body: Claim, person: SignedIn, scanning: Service) -> ScanView:
    """扫一扫: take the scan of a QR code; who asks for what, and what it can be approved with."""
    return ScanView.of(scanning.looking.claim(person, body.qr))


@router.post("/claims/picture", status_code=HTTPStatus.CREATED, openapi_extra=PICTURE_BODY)
@refuses("picture_analysis_failed", "qr_not_found", *PICTURE, *_CLAIM)
def claim_picture(picture: Picture, person: SignedIn, scanning: Service) -> ScanView:
    """扫一扫 by a picture, for phones whose browser reads no codes: the body is the photo, JPEG or PNG."""
    text = read_code(picture)
    if text is None:
        raise QrNotFound("no QR code in the picture")
    return ScanView.of(scanning.looking.claim(person, text))


@router.get("/{scan_id}")
@refuses("session_not_found")
def show(scan_id: ScanId, person: Verified, scanning: Service) -> ScanView:
    """查看扫码请求: also after its end."""
    return ScanView.of(scanning.looking.show(person, scan_id))


@router.get("/{scan_id}/documents/{number}", response_class=Response, responses=_PDF)
@refuses("document_missing", "not_found", "session_not_found")
def document(
    scan_id: ScanId, number: Annotated[int, Path(ge=0, lt=1000)], person: Verified, scanning: Service
) -> Response:
    """查看待签文件: the very bytes that will be signed."""
    pdf = scanning.looking.document(person, scan_id, number)
    return Response(pdf, media_type="application/pdf")


@router.post("/{scan_id}/approval")
@refuses(
    *("approval_in_progress", "binding_needed", "certificate_needed", "pin_needed", "user_already_bound"),
    *("deposit_too_late", "envelope_of_other_tender", "opening_not_begun", "opening_over"),
    "opening_unknown",
    *("platform_suspended", "clock_untrusted"),
    *(*_CLOSED, *_UNFIT, *_SEALED, *SEAL, *PIN),
)
def approve(scan_id: ScanId, body: ApprovalBody, person: Verified, scanning: Service) -> ScanView:
    """确认: by the PIN, except for ``login``. May be tried again while the scan is claimed."""
    scanning.approvals.approve(person, scan_id, body.said())
    return ScanView.of(scanning.looking.show(person, scan_id))


@router.post("/{scan_id}/refusal")
@refuses(*_CLOSED)
def refuse(scan_id: ScanId, body: RefusalBody, person: Verified, scanning: Service) -> ScanView:
    """拒绝: the platform is told, with the reason if one is given."""
    scanning.approvals.refuse(person, scan_id, body.reason)
    return ScanView.of(scanning.looking.show(person, scan_id))
