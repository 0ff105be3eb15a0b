"""Bindings over HTTP: a person's own, a platform's own, everybody's for operators."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from api.accounts.access import Reading
from api.openapi.refusals import refuses
from api.paging import Page, Paged
from api.platforms.access import Calling
from api.realname.access import Verified
from api.scanning.bindings.schemas import BindingView, OwnBindingView
from api.scanning.bindings.service import Bindings

router = APIRouter(prefix="/v1/bindings", tags=["扫码"])
platform_router = APIRouter(prefix="/platform/v1/bindings", tags=["平台接口"])
operator_router = APIRouter(prefix="/v1/operator/bindings", tags=["平台管理"])


def _bindings(request: Request) -> Bindings:
    found: Bindings = request.app.state.services.scanning.bindings
    return found


Service = Annotated[Bindings, Depends(_bindings)]
BindingId = Annotated[str, Path(min_length=1, max_length=24)]
User = Annotated[str | None, Query(max_length=80, description="of one of the platform's users alone")]
OfPlatform = Annotated[str | None, Query(max_length=24, description="id of a platform")]
OfEnterprise = Annotated[str | None, Query(max_length=18, description="of an enterprise")]


@router.get("")
def list_own(person: Verified, service: Service, page: Paged) -> Page[OwnBindingView]:
    """我的平台账号: which users of which platforms one is, ended ones too, newest first."""
    part, names = service.of_person(person, page)
    return page.page(part.map(lambda one: OwnBindingView.named(one, *names[one.platform_id])))


@router.delete("/{binding_id}", status_code=HTTPStatus.NO_CONTENT)
@refuses("not_found")
def end_own(binding_id: BindingId, person: Verified, service: Service) -> None:
    """解除绑定: at once; the platform has to bind its user anew."""
    service.end_by_person(person, binding_id)


@platform_router.get("")
def list_of_platform(
    platform: Calling, service: Service, page: Paged, user: User = None
) -> Page[BindingView]:
    """绑定列表: of the platform's users, ended ones too, newest first."""
    return page.page(service.of_platform(platform.id, page, user).map(BindingView.of))


@platform_router.delete("/{binding_id}", status_code=HTTPStatus.NO_CONTENT)
@refuses("not_found")
def end_of_platform(binding_id: BindingId, platform: Calling, service: Service) -> None:
    """解除用户绑定: at once."""
    service.end_by_platform(platform.id, binding_id)


@operator_router.get("")
def list_all(
    _: Reading, service: Service, page: Paged, platform: OfPlatform = None, credit_code: OfEnterprise = None
) -> Page[BindingView]:
    """平台账号绑定查询: everybody's, by platform or enterprise, newest first."""
    return page.page(service.of_all(page, platform, credit_code).map(BindingView.of))
