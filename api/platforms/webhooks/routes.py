"""What a platform was told, as the platform itself sees it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from api.openapi.refusals import refuses
from api.paging import Page, Paged
from api.platforms.access import Calling
from api.platforms.schemas import WebhookView, WebhookWithTries
from api.platforms.webhooks.outbox import Outbox

router = APIRouter(prefix="/platform/v1/webhooks", tags=["平台接口"])


def _outbox(request: Request) -> Outbox:
    found: Outbox = request.app.state.services.platforms.webhooks
    return found


Service = Annotated[Outbox, Depends(_outbox)]


@router.get("")
def list_all(platform: Calling, outbox: Service, page: Paged) -> Page[WebhookView]:
    """回调列表: what the platform was told, newest first."""
    return page.page(outbox.listed(platform.id, page).map(WebhookView.model_validate))


@router.get("/{webhook_id}")
@refuses("not_found")
def show(webhook_id: str, platform: Calling, outbox: Service) -> WebhookWithTries:
    """查看回调: with every try and what came of it."""
    return WebhookWithTries.model_validate(outbox.show(platform.id, webhook_id))


@router.post("/{webhook_id}/redeliver")
@refuses("not_found")
def redeliver(webhook_id: str, platform: Calling, outbox: Service) -> WebhookWithTries:
    """重新发送回调: tried at once, also one that was delivered or given up."""
    return WebhookWithTries.model_validate(outbox.redeliver(platform.id, webhook_id))
