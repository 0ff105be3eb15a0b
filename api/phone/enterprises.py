"""我的企业 and 办事人员."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from api.phone.applying import PERMISSIONS
from api.phone.visiting import PREFIX, SignedIn
from api.web.calls import Refused
from api.web.routes import PageRoute
from api.web.visits import Visit

router = APIRouter(prefix=f"{PREFIX}/enterprises", include_in_schema=False, route_class=PageRoute)


@router.get("")
async def own(visit: SignedIn) -> Response:
    """我的企业."""
    return visit.page("enterprises.html", items=await visit.api.get("/v1/enterprises"), names=PERMISSIONS)


@router.get("/{code}")
async def members(visit: SignedIn, code: str) -> Response:
    """办事人员, for the administrator."""
    return await _page(visit, code)


@router.post("/{code}/members/{member}/permissions")
async def grant(visit: SignedIn, code: str, member: int, request: Request) -> Response:
    """调整权限."""
    sent = await request.form()
    body = {
        "permissions": [str(one) for one in sent.getlist("permissions")],
        "department": str(sent.get("department") or "") or None,
    }
    try:
        await visit.api.send("PUT", f"/v1/enterprises/{code}/members/{member}/permissions", body)
    except Refused as refused:
        return await _page(visit, code, refused)
    return visit.go(f"/enterprises/{code}")


@router.post("/{code}/members/{member}/remove")
async def remove(
    visit: SignedIn, code: str, member: int, reason: Annotated[str, Form(max_length=200)]
) -> Response:
    """移出: the person's certificates for the enterprise are revoked."""
    try:
        path = f"/v1/enterprises/{code}/members/{member}/remove"
        await visit.api.send("POST", path, {"reason": reason})
    except Refused as refused:
        return await _page(visit, code, refused)
    return visit.go(f"/enterprises/{code}")


@router.post("/{code}/leave")
async def leave(visit: SignedIn, code: str) -> Response:
    """退出."""
    await visit.api.send("POST", f"/v1/enterprises/{code}/leave")
    return visit.go("/enterprises")


async def _page(visit: Visit, code: str, problem: Refused | None = None) -> Response:
    one = await visit.api.get(f"/v1/enterprises/{code}")
    found = await visit.api.get(f"/v1/enterprises/{code}/members", limit=100)
    status = 200 if problem is None else problem.status
    told = {"one": one, "members": found["items"], "names": PERMISSIONS}
    return visit.page("enterprise.html", status, problem=problem, **told)
