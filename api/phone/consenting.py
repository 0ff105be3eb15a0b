"""管理员同意用户加入企业 (seed, section 八)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response

from api.phone.applying import PERMISSIONS
from api.phone.visiting import PREFIX, SignedIn
from api.web.calls import Refused
from api.web.routes import PageRoute
from api.web.visits import Visit

router = APIRouter(prefix=f"{PREFIX}/consents", include_in_schema=False, route_class=PageRoute)


@router.get("")
async def waiting(visit: SignedIn) -> Response:
    """加入企业申请, all that wait."""
    shown = await visit.api.get("/v1/consents", limit=100)
    return visit.page("consents.html", items=shown["items"])


@router.get("/{number}")
async def show(visit: SignedIn, number: str) -> Response:
    """One of them, with what is needed to agree."""
    return await _page(visit, number)


@router.get("/{number}/letter")
async def letter(visit: SignedIn, number: str) -> Response:
    """授权书."""
    answer = await visit.api.content(f"/v1/consents/{number}/letter")
    return visit.keep(Response(answer.content, media_type="application/pdf"))


@router.post("/{number}/consent")
async def consent(
    visit: SignedIn,
    number: str,
    serial: Annotated[str, Form(max_length=40)],
    pin: Annotated[str, Form(max_length=256)],
    intention: Annotated[str, Form(max_length=64)],
) -> Response:
    """确认并盖章."""
    body = {"serial": serial, "pin": pin}
    try:
        await visit.api.send("POST", f"/v1/consents/{number}/consent", body, intention=intention)
    except Refused as refused:
        return await _page(visit, number, refused)
    return visit.go("/consents")


@router.post("/{number}/decline")
async def decline(
    visit: SignedIn, number: str, reason: Annotated[str, Form(min_length=2, max_length=500)]
) -> Response:
    """不同意."""
    await visit.api.send("POST", f"/v1/consents/{number}/decline", {"reason": reason})
    return visit.go("/consents")


async def _page(visit: Visit, number: str, problem: Refused | None = None) -> Response:
    asking = await visit.api.get(f"/v1/consents/{number}")
    held = await visit.api.get("/v1/certificates", list="active", limit=100)
    usable = [
        one
        for one in held["items"]
        if one["credit_code"] == asking["credit_code"]
        and (one["kind"], one["purpose"]) == ("enterprise", "signing")
    ]
    status = 200 if problem is None else problem.status
    told = {"one": asking, "certificates": usable, "names": PERMISSIONS}
    return visit.page("consent.html", status, problem=problem, **told)
