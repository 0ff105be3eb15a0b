"""发送到电脑: the address and the code, the PC that came, and 已在电脑端完成签章 (seed, section 四.5)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response

from api.phone.visiting import PREFIX, SignedIn
from api.web.routes import PageRoute

router = APIRouter(
    prefix=f"{PREFIX}/applications/{{number}}/pc", include_in_schema=False, route_class=PageRoute
)


@router.post("")
async def send(visit: SignedIn, number: str) -> Response:
    """发送到电脑. Address and code are shown in this answer alone: nobody can ask for them again."""
    sent = await visit.api.send("POST", f"/v1/applications/{number}/send-to-computer")
    state = await visit.api.get(f"/v1/applications/{number}/send-to-computer")
    return visit.page("pc.html", number=number, sent=sent, state=state)


@router.get("")
async def show(visit: SignedIn, number: str) -> Response:
    """How far the PC is."""
    state = await visit.api.get(f"/v1/applications/{number}/send-to-computer")
    return visit.page("pc.html", number=number, sent=None, state=state)


@router.get("/state")
async def state(visit: SignedIn, number: str) -> Response:
    """The part of the page that changes."""
    found = await visit.api.get(f"/v1/applications/{number}/send-to-computer")
    return visit.page("pc-state.html", number=number, state=found)


@router.post("/confirmation")
async def confirm(
    visit: SignedIn, number: str, compared: Annotated[str, Form(pattern="^[0-9]{2}$")]
) -> Response:
    """确认电脑: the number that the PC shows is this one."""
    path = f"/v1/applications/{number}/send-to-computer/confirmation"
    await visit.api.send("POST", path, {"number": compared})
    return visit.go(f"/applications/{number}/pc")


@router.post("/cancellation")
async def cancel(visit: SignedIn, number: str) -> Response:
    """取消: the address is worthless from now on."""
    await visit.api.send("DELETE", f"/v1/applications/{number}/send-to-computer")
    return visit.go(f"/applications/{number}")
