"""我的: devices, bindings, password and number."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Response

from api.phone.visiting import PREFIX, SignedIn
from api.web.calls import Refused
from api.web.routes import PageRoute
from api.web.visits import Visit

router = APIRouter(prefix=f"{PREFIX}/me", include_in_schema=False, route_class=PageRoute)

Secret = Annotated[str, Form(max_length=256)]
Number = Annotated[str, Form(max_length=32)]


@router.get("")
async def me(visit: SignedIn) -> Response:
    """Account and devices."""
    return await _page(visit)


@router.post("/devices/end")
async def end_device(visit: SignedIn, device: Annotated[str, Form(max_length=64)]) -> Response:
    """退出该设备."""
    await visit.api.send("DELETE", f"/v1/sessions/{device}")
    return visit.go("/me")


@router.get("/bindings")
async def bindings(visit: SignedIn) -> Response:
    """我的平台账号."""
    shown = await visit.api.get("/v1/bindings", limit=100)
    return visit.page("bindings.html", items=shown["items"])


@router.post("/bindings/{binding}/end")
async def unbind(visit: SignedIn, binding: str) -> Response:
    """解除绑定."""
    await visit.api.send("DELETE", f"/v1/bindings/{binding}")
    return visit.go("/me/bindings")


@router.post("/password")
async def change_password(visit: SignedIn, old_password: Secret, password: Secret) -> Response:
    """修改密码."""
    body = {"old_password": old_password, "password": password}
    return await _changed(visit, "/v1/account/password", body, "密码已修改，其他设备已退出登录")


@router.post("/phone/code")
async def send_code(visit: SignedIn, phone: Number) -> Response:
    """更换手机号, first half: a code to the new number."""
    try:
        await visit.api.send("POST", "/v1/sms-codes", {"phone": phone, "purpose": "phone"})
    except Refused as refused:
        return await _page(visit, refused)
    return await _page(visit, moving_to=phone)


@router.post("/phone")
async def change_phone(visit: SignedIn, phone: Number, code: Number, password: Secret) -> Response:
    """更换手机号."""
    body = {"phone": phone, "code": code.strip(), "password": password}
    return await _changed(visit, "/v1/account/phone", body, "手机号已更换", moving_to=phone)


async def _changed(visit: Visit, path: str, body: dict[str, Any], said: str, moving_to: str = "") -> Response:
    try:
        await visit.api.send("PUT", path, body)
    except Refused as refused:
        return await _page(visit, refused, moving_to=moving_to)
    return await _page(visit, said=said)


async def _page(
    visit: Visit, problem: Refused | None = None, *, said: str = "", moving_to: str = ""
) -> Response:
    account = await visit.api.get("/v1/account")
    devices = await visit.api.get("/v1/sessions")
    status = 200 if problem is None else problem.status
    told = {"account": account, "devices": devices, "said": said, "moving_to": moving_to}
    return visit.page("me.html", status, problem=problem, **told)
