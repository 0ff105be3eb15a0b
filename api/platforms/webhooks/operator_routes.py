"""What a platform was told, as operators see it."""

from __future__ import annotations

from fastapi import APIRouter

from api.accounts.access import Managing, Reading
from api.openapi.refusals import refuses
from api.paging import Page, Paged
from api.platforms.schemas import WebhookView, WebhookWithTries
from api.platforms.webhooks.routes import Service

router = APIRouter(prefix="/v1/operator/platforms/{platform_id}/webhooks", tags=["平台管理"])


@router.get("")
@refuses("not_found")
def list_all(platform_id: str, operator: Reading, outbox: Service, page: Paged) -> Page[WebhookView]:
    """平台回调列表: what a platform was told, newest first."""
    return page.page(outbox.listed(platform_id, page).map(WebhookView.model_validate))


@router.get("/{webhook_id}")
@refuses("not_found")
def show(platform_id: str, webhook_id: str, operator: Reading, outbox: Service) -> WebhookWithTries:
    """查看平台回调: with every try and what came of it."""
    return WebhookWithTries.model_validate(outbox.show(platform_id, webhook_id))


@router.post("/{webhook_id}/redeliver")
@refuses("not_found")
def redeliver(platform_id: str, webhook_id: str, operator: Managing, outbox: Service) -> WebhookWithTries:
    """重新发送平台回调: tried at once, also one that was delivered or given up."""
    return WebhookWithTries.model_validate(outbox.redeliver(platform_id, webhook_id))
