"""首页, 证书管理 and 消息."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from api.phone.visiting import PREFIX, SignedIn
from api.web.routes import PageRoute

router = APIRouter(prefix=PREFIX, include_in_schema=False, route_class=PageRoute)

PLACES: Final = {"application": "applications", "certificate": "certificates"}
LISTS: Final = {"active": "生效中", "pending": "待审核", "expired": "已失效"}


@router.get("")
async def home(visit: SignedIn) -> Response:
    """首页: what to do next."""
    account = await visit.api.get("/v1/account")
    real_name = await visit.api.get("/v1/realname")
    unread = await visit.api.get("/v1/messages/unread")
    return visit.page("home.html", account=account, real_name=real_name, unread=unread["total"])


@router.get("/certificates")
async def certificates(
    visit: SignedIn, list: Annotated[str, Query(pattern="^(active|pending|expired)$")] = "active"
) -> Response:
    """证书管理: the manual's three lists."""
    shown = await visit.api.get("/v1/certificates", list=list, limit=100)
    return visit.page("certificates.html", items=shown["items"], chosen=list, lists=LISTS)


@router.get("/messages")
async def messages(visit: SignedIn) -> Response:
    """消息."""
    shown = await visit.api.get("/v1/messages", limit=100)
    return visit.page("messages.html", items=shown["items"], places=PLACES)


@router.post("/messages/read")
async def read(visit: SignedIn) -> Response:
    """全部标为已读."""
    await visit.api.send("POST", "/v1/messages/read")
    return visit.go("/messages")
