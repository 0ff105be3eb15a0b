"""Registering platforms over HTTP: managers change, every operator may read."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from api.accounts.access import Auditing, Managing, Reading
from api.accounts.sessions import Operator
from api.openapi.refusals import refuses
from api.paging import Page, Paged
from api.platforms.registered import Platform
from api.platforms.schemas import (
    ChangedTerms,
    ChangeView,
    KeyView,
    NewKey,
    PlatformView,
    PlatformWithKeys,
    Terms,
    Why,
)
from api.platforms.wiring import PlatformServices

router = APIRouter(prefix="/v1/operator/platforms", tags=["平台管理"])

_TERMS = ("platform_terms_refused", "platform_code_unknown", "platform_name_taken")


def _services(request: Request) -> PlatformServices:
    found: PlatformServices = request.app.state.services.platforms
    return found


Services = Annotated[PlatformServices, Depends(_services)]


@router.get("")
def list_all(operator: Reading, services: Services, page: Paged) -> Page[PlatformView]:
    """平台列表: registered platforms, newest first."""
    return page.page(services.registry.list(page).map(PlatformView.model_validate))


@router.post("", status_code=201)
@refuses(*_TERMS)
def register(body: Terms, operator: Managing, services: Services) -> PlatformWithKeys:
    """登记平台: its keys are added next."""
    return _shown(services, services.registry.register(_named(operator), body.registration()))


@router.get("/{platform_id}")
@refuses("not_found")
def show(platform_id: str, operator: Reading, services: Services) -> PlatformWithKeys:
    """查看平台: with its keys, and when each was used last."""
    return _shown(services, services.registry.show(platform_id))


@router.put("/{platform_id}")
@refuses("not_found", "platform_changed", *_TERMS)
def change(platform_id: str, body: ChangedTerms, operator: Managing, services: Services) -> PlatformWithKeys:
    """修改平台: all of its terms at once."""
    who, terms = _named(operator), body.registration()
    return _shown(services, services.registry.change(who, platform_id, body.replaces, terms))


@router.post("/{platform_id}/suspend")
@refuses("not_found")
def suspend(platform_id: str, body: Why, operator: Managing, services: Services) -> PlatformWithKeys:
    """暂停平台: its calls are refused at once."""
    return _shown(services, services.registry.suspend(_named(operator), platform_id, body.reason))


@router.post("/{platform_id}/resume")
@refuses("not_found")
def resume(platform_id: str, body: Why, operator: Managing, services: Services) -> PlatformWithKeys:
    """恢复平台: its calls are taken again."""
    return _shown(services, services.registry.resume(_named(operator), platform_id, body.reason))


@router.post("/{platform_id}/keys", status_code=201)
@refuses("key_weak", "not_found", "public_key_invalid", "public_key_known", "public_key_limit")
def add_key(platform_id: str, body: NewKey, operator: Managing, services: Services) -> KeyView:
    """登记平台公钥: calls signed with its private key are taken from now on."""
    made = services.keys.add(_named(operator), platform_id, body.key(), body.label)
    return KeyView.model_validate(made)


@router.delete("/{platform_id}/keys/{key_id}")
@refuses("not_found")
def retire_key(platform_id: str, key_id: str, operator: Managing, services: Services) -> KeyView:
    """停用平台公钥: also the last one, for instance when its private key was stolen."""
    retired = services.keys.retire(_named(operator), platform_id, key_id, keep_one=False)
    return KeyView.model_validate(retired)


@router.get("/{platform_id}/history")
@refuses("not_found")
def history(platform_id: str, operator: Auditing, services: Services, page: Paged) -> Page[ChangeView]:
    """平台变更记录: who did what and when, newest first."""
    return page.page(services.registry.history(platform_id, page).map(ChangeView.model_validate))


def _named(operator: Operator) -> str:
    return f"operator:{operator.name}"


def _shown(services: PlatformServices, platform: Platform) -> PlatformWithKeys:
    keys = [KeyView.model_validate(one) for one in services.keys.of(platform.id)]
    return PlatformWithKeys(**PlatformView.model_validate(platform).model_dump(), keys=keys)
