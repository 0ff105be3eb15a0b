"""Applications over HTTP (seed, sections 四 and 五)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from api.accounts.access import SignedIn
from api.applications.pictures import MAX_BYTES, PictureTooLarge
from api.applications.rules import NAMES, Status
from api.applications.schemas import (
    ApplicationView,
    DossierView,
    NewApplication,
    PictureKept,
    SigningAddressView,
    SigningStateView,
    StatusView,
)
from api.applications.sending import SendToComputer
from api.applications.service import Administrator, Applications
from api.enterprises.claims import check_claim
from api.paging import Page, Paged

router = APIRouter(prefix="/v1/applications", tags=["认领企业与证书申请"])

_PICTURE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}} for kind in ("image/jpeg", "image/png")
        },
    }
}
_PDF: dict[int | str, dict[str, Any]] = {200: {"content": {"application/pdf": {}}}}


def _applications(request: Request) -> Applications:
    found: Applications = request.app.state.services.applications
    return found


def _sending(request: Request) -> SendToComputer:
    found: SendToComputer = request.app.state.services.sending
    return found


async def _picture(request: Request) -> bytes:
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > MAX_BYTES:
            raise PictureTooLarge(f"more than {MAX_BYTES} bytes")
    return bytes(received)


Service = Annotated[Applications, Depends(_applications)]
Sending = Annotated[SendToComputer, Depends(_sending)]


@router.post("", status_code=HTTPStatus.CREATED)
def apply(body: NewApplication, person: SignedIn, service: Service) -> StatusView:
    """认领企业并申领证书: claim an enterprise and choose a certificate."""
    one = body.enterprise
    claim = check_claim(one.name, one.credit_code, one.legal_person, one.legal_person_id)
    administrator = Administrator(body.administrator.name, body.administrator.id_number)
    made = service.apply(person, claim, administrator, body.product)
    return _status(made.id, made.status)


@router.get("")
def list_own(person: SignedIn, service: Service, page: Paged) -> Page[ApplicationView]:
    """我的申请: one's own applications, newest first."""
    return page.page(service.all_of(person, page).map(ApplicationView.of))


@router.get("/{application_id}")
def show(application_id: str, person: SignedIn, service: Service) -> DossierView:
    """申请详情: one application with its evidence and history."""
    return DossierView.of_dossier(service.dossier(person, application_id))


@router.put("/{application_id}/licence", openapi_extra=_PICTURE)
def put_licence(
    application_id: str, picture: Annotated[bytes, Depends(_picture)], person: SignedIn, service: Service
) -> PictureKept:
    """上传营业执照或统一社会信用代码证: the body is the picture itself, JPEG or PNG, at most 8 MB."""
    return PictureKept(sha256=service.add_licence(person, application_id, picture))


@router.put("/{application_id}/paper-form", openapi_extra=_PICTURE)
def put_paper_form(
    application_id: str, picture: Annotated[bytes, Depends(_picture)], person: SignedIn, service: Service
) -> PictureKept:
    """上传纸质申请书照片: the form printed, signed and sealed on paper; JPEG or PNG, at most 8 MB."""
    return PictureKept(sha256=service.add_paper_form(person, application_id, picture))


@router.get("/{application_id}/form", response_class=Response, responses=_PDF)
def form(application_id: str, person: SignedIn, service: Service) -> Response:
    """下载申请书: the filled form as PDF, with the enterprise's seal once it has one."""
    kept = service.form(person, application_id)
    return Response(kept.content, media_type=kept.media_type)


@router.post("/{application_id}/send-to-computer", status_code=HTTPStatus.CREATED)
def send_to_computer(application_id: str, person: SignedIn, sending: Sending) -> SigningAddressView:
    """发送到电脑: an address for the PC with the company's CA lock, and the code to type there."""
    return SigningAddressView.model_validate(sending.send(person, application_id))


@router.get("/{application_id}/send-to-computer")
def signing_state(application_id: str, person: SignedIn, sending: Sending) -> SigningStateView:
    """查询电脑端签章进度: where the signing on the PC stands."""
    return SigningStateView.model_validate(sending.state(person, application_id))


@router.post("/{application_id}/submit")
def submit(application_id: str, person: SignedIn, service: Service) -> StatusView:
    """提交申请: hand the application to the registration authority."""
    return _status(application_id, service.submit(person, application_id))


@router.post("/{application_id}/withdraw")
def withdraw(application_id: str, person: SignedIn, service: Service) -> StatusView:
    """撤回申请: give the application up."""
    return _status(application_id, service.withdraw(person, application_id))


def _status(application_id: str, status: Status) -> StatusView:
    return StatusView(id=application_id, status=status, status_name=NAMES[status])
