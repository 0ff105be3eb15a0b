"""Seals of one's own certificates over HTTP: seen, applied for, suspended, destroyed."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, File, Form, Path, Request, Response, UploadFile

from api.openapi.refusals import DRAWN, PICTURE, PIN, TOKEN, refuses
from api.realname.access import Verified
from api.seals.schemas import Approval, Destruction, SealView, Why
from api.seals.wiring import Seals
from api.seals.wishes import Wish
from ca.seals.rules import Owner, SealKind

router = APIRouter(prefix="/v1", tags=["印章"])

_PNG: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"image/png": {}}}}
_PDF: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"application/pdf": {}}}}
_HELD: Final = (
    *("administrator_needed", "certificate_invalid", "certificate_not_for_signing", "certificate_not_found"),
    *("no_longer_member", "not_found", "not_permitted"),
)
"""Of whoever may not use the certificate."""
_WISHED: Final = (
    *("legal_person_unknown", "seal_kind_refused", *DRAWN, *PICTURE),
    *("picture_analysis_failed", "picture_not_a_seal", "pictures_busy"),
    *("seal_picture_cut_off", "seal_picture_several", "seal_picture_size_differs", "seal_picture_too_small"),
)
"""Of a seal that cannot be made as wished."""


def _seals(request: Request) -> Seals:
    found: Seals = request.app.state.services.seals
    return found


Service = Annotated[Seals, Depends(_seals)]
SealId = Annotated[str, Path(max_length=24)]


def _wish(
    kind: Annotated[SealKind, Form(description="contract 合同专用章, finance 财务专用章, …")],
    code: Annotated[
        str | None, Form(max_length=18, description="印章编码, along the bottom: digits and capitals")
    ] = None,
    line: Annotated[
        str | None, Form(max_length=14, description="the department, on a department's seal")
    ] = None,
    number: Annotated[
        int | None, Form(ge=1, le=99, description="of one among several special-purpose seals of a kind")
    ] = None,
    owner: Annotated[
        Owner | None, Form(description="what the enterprise is; decides on the size, else its name tells")
    ] = None,
    photo: Annotated[
        UploadFile | None,
        File(description="the seal on white paper, JPEG or PNG, at most 8 MB; without it, it is drawn"),
    ] = None,
) -> Wish:
    return Wish(kind, code, line, number, owner, None if photo is None else photo.file.read())


Wished = Annotated[Wish, Depends(_wish)]


@router.get("/certificates/{serial}/seals")
@refuses("certificate_not_found", "not_found", *TOKEN)
def list_own(serial: str, person: Verified, service: Service) -> list[SealView]:
    """印章列表: the seals of a certificate, the newest first; every one has its own by itself."""
    return [SealView.of(one) for one in service.keeping.all_of(person, serial)]


@router.post("/certificates/{serial}/seal-previews", response_class=Response, responses=_PNG)
@refuses(*_HELD, *_WISHED)
def preview(serial: str, wish: Wished, person: Verified, service: Service) -> Response:
    """预览印章: what it would look like: a PNG with transparent ground, 300 pixels to the inch or more."""
    return Response(service.applying.preview(person, serial, wish).picture.png, media_type="image/png")


@router.post("/certificates/{serial}/seal-applications", status_code=HTTPStatus.CREATED)
@refuses("form_field_invalid", "seal_pending", *_HELD, *_WISHED, *PIN)
def apply(
    serial: str,
    wish: Wished,
    person: Verified,
    service: Service,
    pin: Annotated[str, Form(max_length=256)],
    reason: Annotated[str, Form(min_length=2, max_length=100, description="what it is wanted for")],
) -> SealView:
    """申请印章: the certificate signs 电子印章制作申请表 by its PIN; the CA reviews, then makes it."""
    return SealView.of(service.applying.apply(person, serial, pin, wish, reason))


@router.get("/seals/{seal}")
@refuses("not_found")
def show(seal: SealId, person: Verified, service: Service) -> SealView:
    """查看印章."""
    return SealView.of(service.keeping.one_of(person, seal))


@router.get("/seals/{seal}/picture", response_class=Response, responses=_PNG)
@refuses("not_found")
def picture(seal: SealId, person: Verified, service: Service) -> Response:
    """印章图样: a PNG with transparent ground, at true size by its own resolution."""
    return Response(service.keeping.pictures(person, seal).png, media_type="image/png")


@router.get("/seals/{seal}/document", response_class=Response, responses=_PDF)
@refuses("not_found")
def document(seal: SealId, person: Verified, service: Service) -> Response:
    """印章图样 PDF: one page of exactly the seal's size, as it is stamped."""
    return Response(service.keeping.pictures(person, seal).pdf, media_type="application/pdf")


@router.post("/seals/{seal}/withdraw")
@refuses("not_found", "seal_state")
def withdraw(seal: SealId, person: Verified, service: Service) -> SealView:
    """撤回申请: before an operator has decided."""
    return SealView.of(service.applying.withdraw(person, seal))


@router.post("/seals/{seal}/suspend")
@refuses("not_found", "seal_state")
def suspend(seal: SealId, body: Why, person: Verified, service: Service) -> SealView:
    """停用印章: nothing can be stamped with it from now on."""
    return SealView.of(service.keeping.suspend(person, seal, body.reason))


@router.post("/seals/{seal}/release")
@refuses("seal_state", *_HELD, *PIN)
def release(seal: SealId, body: Approval, person: Verified, service: Service) -> SealView:
    """恢复使用: unless an operator suspended it."""
    return SealView.of(service.keeping.release(person, seal, body.pin.get_secret_value()))


@router.post("/seals/{seal}/destroy")
@refuses("seal_state", *_HELD, *PIN)
def destroy(seal: SealId, body: Destruction, person: Verified, service: Service) -> SealView:
    """销毁印章: for good; what was stamped before stays valid."""
    return SealView.of(service.keeping.destroy(person, seal, body.pin.get_secret_value(), body.reason))
