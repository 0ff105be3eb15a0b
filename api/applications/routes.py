"""Applications over HTTP, the applicant's side (seed, sections 四, 五, 七, 十 to 十二)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response

from api.applications.applicants import applicant
from api.applications.bodies import NewApplication, PcConfirmed, PinGiven, Revision, SignaturePicked
from api.applications.evidence import Evidence, EvidenceKind
from api.applications.schemas import (
    ApplicationView,
    DossierView,
    PictureKept,
    SignatureView,
    SigningAddressView,
    SigningStateView,
    StatusView,
    VersionView,
)
from api.applications.sending import SendToComputer
from api.applications.service import Applications
from api.idempotency.middleware import NEVER_KEPT
from api.openapi.refusals import PICTURE, PIN, SEAL, refuses
from api.paging import Page, Paged
from api.previews import PNG, USUAL_WIDTH, PageNumber, Width, preview
from api.realname.access import Verified
from api.uploads import PICTURE_BODY, Picture

router = APIRouter(prefix="/v1/applications", tags=["认领企业与证书申请"])

_PDF: dict[int | str, dict[str, Any]] = {200: {"content": {"application/pdf": {}}}}
_ANY: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}, "image/png": {}}}}


def _applications(request: Request) -> Applications:
    found: Applications = request.app.state.services.applications
    return found


def _sending(request: Request) -> SendToComputer:
    found: SendToComputer = request.app.state.services.sending
    return found


Service = Annotated[Applications, Depends(_applications)]
Sending = Annotated[SendToComputer, Depends(_sending)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Code = Annotated[str, Path(pattern="^[a-z0-9-]{1,40}$", description="Which attachment, by its code")]

_ENDED = (
    *("session_answered", "session_cancelled", "session_expired", "session_failed", "session_not_found"),
    "session_refused",
)

# Whatever is asked for, first or once more, is checked alike.
_ASKING = (
    "administrator_already",
    "administrator_needed",
    "application_under_way",
    "certificate_ended",
    "certificate_of_other_enterprise",
    "certificate_replaced",
    "certificate_revoked",
    "credit_code_invalid",
    "enterprise_not_found",
    "glyphs_missing",
    "holder_differs",
    "id_number_invalid",
    "name_invalid",
    "no_longer_member",
    "not_found",
    "not_the_verified_person",
    "product_unfit",
    "subject_invalid",
    "too_many_applications",
    "too_many_lookups",
)


@router.post("", status_code=HTTPStatus.CREATED)
@refuses(*_ASKING)
def apply(body: NewApplication, person: Verified, service: Service) -> StatusView:
    """去申请: apply. ``kind`` says what for; without it, 认领企业 with a certificate of the enterprise."""
    made = service.applying.apply(applicant(person, body.named), body.asked())
    return StatusView.at(made.id, made.status)


@router.get("")
def list_own(person: Verified, service: Service, page: Paged) -> Page[ApplicationView]:
    """我的申请: one's own applications, newest first."""
    return page.page(service.reading.all_of(person, page).map(ApplicationView.of))


@router.get("/{application_id}")
@refuses("not_found")
def show(application_id: str, person: Verified, service: Service) -> DossierView:
    """申请详情: one application with its evidence and history."""
    return DossierView.of_dossier(service.reading.dossier(person, application_id))


@router.get("/{application_id}/versions")
@refuses("not_found")
def versions(application_id: str, person: Verified, service: Service) -> list[VersionView]:
    """历次版本: what was submitted each time, the first one first."""
    return [VersionView.of(one) for one in service.reading.versions(person, application_id)]


@router.get("/{application_id}/versions/{revision}/form", response_class=Response, responses=_PDF)
@refuses("not_found")
def former_form(application_id: str, revision: Number, person: Verified, service: Service) -> Response:
    """历次申请书: the form of one version, sealed if it was."""
    return _file(service.reading.paper(person, application_id, revision))


@router.get(
    "/{application_id}/versions/{revision}/form/pages/{page}.png", response_class=Response, responses=PNG
)
@refuses("not_found")
def former_form_page(
    application_id: str,
    revision: Number,
    page: PageNumber,
    person: Verified,
    service: Service,
    width: Width = USUAL_WIDTH,
) -> Response:
    """预览历次申请书: one page of the form of one version as a picture."""
    return preview(service.reading.paper(person, application_id, revision).content, page, width)


@router.post("/{application_id}/revise", status_code=HTTPStatus.CREATED)
@refuses("application_state", "kind_changed", *_ASKING)
def revise(application_id: str, body: Revision, person: Verified, service: Service) -> StatusView:
    """重新申请: correct what was refused; files that still hold stay, the refused version too.

    The status is ``signed`` where the form says the same as before, so that its seal still holds.
    """
    asked = body.application
    who = applicant(person, asked.named)
    made = service.revising.revise(who, application_id, asked.asked(), sign_again=body.sign_again)
    return StatusView.at(made.id, made.status)


@router.put("/{application_id}/licence", openapi_extra=PICTURE_BODY)
@refuses("application_state", "attachment_unknown", "not_found", *PICTURE)
def put_licence(application_id: str, picture: Picture, person: Verified, service: Service) -> PictureKept:
    """上传营业执照或统一社会信用代码证: the body is the picture itself, JPEG or PNG, at most 8 MB."""
    return PictureKept(sha256=service.gathering.add_licence(person, application_id, picture))


@router.put("/{application_id}/paper-form", openapi_extra=PICTURE_BODY)
@refuses("application_state", "not_found", "paper_not_expected", *PICTURE)
def put_paper_form(application_id: str, picture: Picture, person: Verified, service: Service) -> PictureKept:
    """上传纸质申请书照片: the form printed, signed and sealed on paper; JPEG or PNG, at most 8 MB."""
    return PictureKept(sha256=service.gathering.add_paper_form(person, application_id, picture))


@router.put("/{application_id}/attachments/{code}", openapi_extra=PICTURE_BODY)
@refuses("application_state", "attachment_unknown", "not_found", *PICTURE)
def put_attachment(
    application_id: str, code: Code, picture: Picture, person: Verified, service: Service
) -> PictureKept:
    """上传附件: what the product's authority asks for beside the form; see ``attachments`` of the detail."""
    return PictureKept(sha256=service.gathering.add_attachment(person, application_id, code, picture))


@router.get("/{application_id}/attachments/{code}", response_class=Response, responses=_ANY)
@refuses("not_found")
def attachment(application_id: str, code: Code, person: Verified, service: Service) -> Response:
    """查看附件: as it is kept."""
    return _file(service.reading.file(person, application_id, EvidenceKind.ATTACHMENT, code))


@router.get("/{application_id}/licence", response_class=Response, responses=_ANY)
@refuses("not_found")
def licence(application_id: str, person: Verified, service: Service) -> Response:
    """查看营业执照照片: as it is kept."""
    return _file(service.reading.file(person, application_id, EvidenceKind.LICENCE))


@router.get("/{application_id}/signatures")
@refuses(
    "application_state",
    "glyphs_missing",
    "not_found",
    "picture_analysis_failed",
    "signature_name_invalid",
    "signature_not_found",
)
def signatures(application_id: str, person: Verified, service: Service) -> list[SignatureView]:
    """选择签名: pictures of the signature, cut out of the photo of the paper form, the likeliest first."""
    return [SignatureView.of(one) for one in service.pictures.choices(person, application_id)]


@router.put("/{application_id}/signature")
@refuses(
    "application_state",
    "glyphs_missing",
    "not_found",
    "picture_analysis_failed",
    "signature_name_invalid",
    "signature_not_found",
    "signature_unknown",
)
def put_signature(
    application_id: str, body: SignaturePicked, person: Verified, service: Service
) -> PictureKept:
    """手写签名 or 生成签名: which of the pictures is to be the person's signature."""
    service.pictures.choose(person, application_id, body.sha256)
    return PictureKept(sha256=body.sha256)


@router.get("/{application_id}/form", response_class=Response, responses=_PDF)
@refuses("not_found")
def form(application_id: str, person: Verified, service: Service) -> Response:
    """下载申请书: the filled form (or 授权书) as PDF, with its seal once it has one."""
    return _file(service.reading.paper(person, application_id))


@router.get("/{application_id}/form/pages/{page}.png", response_class=Response, responses=PNG)
@refuses("not_found")
def form_page(
    application_id: str, page: PageNumber, person: Verified, service: Service, width: Width = USUAL_WIDTH
) -> Response:
    """预览申请书: one page of the form as a picture, with its seal once it has one."""
    return preview(service.reading.paper(person, application_id).content, page, width)


@router.post("/{application_id}/seal")
@refuses(
    "administrator_needed",
    "application_state",
    "certificate_invalid",
    "certificate_not_for_signing",
    "certificate_not_found",
    "no_longer_member",
    "not_found",
    "not_permitted",
    *SEAL,
    *PIN,
)
def seal(application_id: str, body: PinGiven, person: Verified, service: Service) -> StatusView:
    """证书签署申请书: a renewal or a change of data is sealed with the PIN of the present certificate."""
    status = service.sealing.seal(person, application_id, body.pin.get_secret_value())
    return StatusView.at(application_id, status)


@router.post("/{application_id}/send-to-computer", status_code=HTTPStatus.CREATED, openapi_extra=NEVER_KEPT)
@refuses("application_state", "not_found")
def send_to_computer(application_id: str, person: Verified, sending: Sending) -> SigningAddressView:
    """发送到电脑: an address for the PC with the company's CA lock, and the code to type there."""
    return SigningAddressView.model_validate(sending.send(person, application_id))


@router.get("/{application_id}/send-to-computer")
@refuses(
    "application_state",
    "not_found",
    "pdf_encrypted",
    "pdf_too_large",
    "session_not_ready",
    "signature_mismatch",
    "signature_place_missing",
)
def signing_state(application_id: str, person: Verified, sending: Sending) -> SigningStateView:
    """查询电脑端签章进度: where the signing on the PC stands."""
    return SigningStateView.model_validate(sending.state(person, application_id))


@router.post("/{application_id}/send-to-computer/confirmation")
@refuses("not_found", "pc_differs", "session_not_ready", *_ENDED)
def confirm_pc(
    application_id: str, body: PcConfirmed, person: Verified, sending: Sending
) -> SigningStateView:
    """确认电脑: say yes to the PC that opened the address; before that it learns nothing of the task."""
    return SigningStateView.model_validate(sending.confirm_pc(person, application_id, body.number))


@router.delete("/{application_id}/send-to-computer")
@refuses("not_found", *_ENDED)
def take_address_back(application_id: str, person: Verified, sending: Sending) -> SigningStateView:
    """取消发送到电脑: take the address back, whatever PC has opened it."""
    return SigningStateView.model_validate(sending.cancel(person, application_id))


@router.post("/{application_id}/submit")
@refuses(
    "application_state",
    "attachment_missing",
    "form_not_signed",
    "licence_missing",
    "not_found",
    "signature_missing",
)
def submit(application_id: str, person: Verified, service: Service) -> StatusView:
    """提交申请: to the registration authority; of a clerk, first to the enterprise's administrator."""
    return StatusView.at(application_id, service.submitting.submit(person, application_id))


@router.post("/{application_id}/withdraw")
@refuses("application_state", "not_found")
def withdraw(application_id: str, person: Verified, service: Service) -> StatusView:
    """撤回申请: give the application up."""
    return StatusView.at(application_id, service.submitting.withdraw(person, application_id))


def _file(kept: Evidence) -> Response:
    return Response(kept.content, media_type=kept.media_type)
