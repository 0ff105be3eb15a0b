"""Seals over HTTP, for operators: the queue, the decision, and what becomes of seals afterwards."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from api.accounts.access import OnDuty, Reading
from api.openapi.refusals import refuses
from api.paging import Page, Paged
from api.seals.deciding import Deciding
from api.seals.rules import Status
from api.seals.schemas import Filing, SealCase, SealListed, SealView, Why

router = APIRouter(prefix="/v1/operator/seals", tags=["印章管理"])

_PNG: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"image/png": {}}}}
_PDF: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"application/pdf": {}}}}
_PHOTO: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"image/jpeg": {}, "image/png": {}}}}
_MOVED: Final = ("not_found", "operator_identity_needed", "own_seal", "seal_state")


def _deciding(request: Request) -> Deciding:
    found: Deciding = request.app.state.services.seals.deciding
    return found


Service = Annotated[Deciding, Depends(_deciding)]
SealId = Annotated[str, Path(max_length=24)]


@router.get("")
def list_all(
    operator: Reading,
    service: Service,
    page: Paged,
    status: Status | None = None,
    credit_code: Annotated[str | None, Query(max_length=18)] = None,
) -> Page[SealListed]:
    """印章列表: in a status (``applied``: waiting for review), or of an enterprise; newest first."""
    return page.page(service.listed(status, credit_code, page).map(SealListed.listed))


@router.get("/{seal}")
@refuses("not_found")
def show(seal: SealId, operator: Reading, service: Service) -> SealCase:
    """查看印章: with its application and its history."""
    return SealCase.of_case(service.case(seal))


@router.get("/{seal}/picture", response_class=Response, responses=_PNG)
@refuses("not_found")
def picture(seal: SealId, operator: Reading, service: Service) -> Response:
    """印章图样, as it will be stamped."""
    return Response(service.pictures(seal).png, media_type="image/png")


@router.get("/{seal}/letter", response_class=Response, responses=_PDF)
@refuses("not_found")
def letter(seal: SealId, operator: Reading, service: Service) -> Response:
    """电子印章制作申请表: as the applicant's certificate signed it."""
    return Response(service.letter(seal), media_type="application/pdf")


@router.get("/{seal}/upload", response_class=Response, responses=_PHOTO)
@refuses("not_found")
def upload(seal: SealId, operator: Reading, service: Service) -> Response:
    """上传的图样: the photo that the picture was cut out of."""
    content = service.upload(seal)
    kind = "image/png" if content.startswith(b"\x89PNG") else "image/jpeg"
    return Response(content, media_type=kind)


@router.post("/{seal}/approve")
@refuses(*_MOVED)
def approve(seal: SealId, operator: OnDuty, service: Service) -> SealView:
    """审核通过: the CA makes the seal at once. Not one's own."""
    return SealView.of(service.approve(operator, seal))


@router.post("/{seal}/reject")
@refuses(*_MOVED)
def reject(seal: SealId, body: Why, operator: OnDuty, service: Service) -> SealView:
    """审核不通过: with a reason that the applicant reads."""
    return SealView.of(service.reject(operator, seal, body.reason))


@router.post("/{seal}/file")
@refuses(*_MOVED)
def file(seal: SealId, body: Filing, operator: OnDuty, service: Service) -> SealView:
    """登记备案: the number and the day that the authority filed it under."""
    return SealView.of(service.file(operator, seal, body.number, body.on))


@router.post("/{seal}/suspend")
@refuses(*_MOVED)
def suspend(seal: SealId, body: Why, operator: OnDuty, service: Service) -> SealView:
    """停用印章: only an operator releases it again."""
    return SealView.of(service.suspend(operator, seal, body.reason))


@router.post("/{seal}/release")
@refuses(*_MOVED)
def release(seal: SealId, operator: OnDuty, service: Service) -> SealView:
    """恢复使用."""
    return SealView.of(service.release(operator, seal))


@router.post("/{seal}/destroy")
@refuses(*_MOVED)
def destroy(seal: SealId, body: Why, operator: OnDuty, service: Service) -> SealView:
    """销毁印章: for good; what was stamped before stays valid."""
    return SealView.of(service.destroy(operator, seal, body.reason))
