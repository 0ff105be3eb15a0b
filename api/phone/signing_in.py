"""登录 app 设置账号密码 (seed, section 二)."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request, Response

from api.phone.visiting import DEVICE, PREFIX, Anybody, SignedIn
from api.web.calls import Refused
from api.web.routes import PageRoute
from api.web.visits import Visit

router = APIRouter(prefix=PREFIX, include_in_schema=False, route_class=PageRoute)

Number = Annotated[str, Form(max_length=32)]
Next = Annotated[str, Form(max_length=256)]


@router.get("/sign-in")
async def sign_in(visit: Anybody, next: str = "/app", by: str = "code") -> Response:
    """验证码登录, or 密码登录."""
    return visit.page("sign-in.html", next=_inside(next), by=by, phone="", sent=False, problem=None)


@router.post("/sign-in/code")
async def send_code(visit: Anybody, phone: Number, next: Next = "/app") -> Response:
    """获取验证码."""
    try:
        await visit.api.send("POST", "/v1/sms-codes", {"phone": phone})
    except Refused as refused:
        sent = refused.code == "sms_too_soon"  # the code before is still good
        return _again(visit, refused, phone, next, by="code", sent=sent)
    return visit.page("sign-in.html", next=_inside(next), by="code", phone=phone, sent=True, problem=None)


@router.post("/sign-in")
async def enter(
    visit: Anybody,
    request: Request,
    phone: Number,
    code: Annotated[str | None, Form(max_length=12)] = None,
    password: Annotated[str | None, Form(max_length=256)] = None,
    next: Next = "/app",
) -> Response:
    """登录; a first sign-in goes on to the password."""
    proof = {"code": (code or "").strip()} if password is None else {"password": password}
    path = "/v1/sessions" if password is None else "/v1/sessions/password"
    device = DEVICE | {"name": _browser(request)}
    try:
        visit.session = await visit.api.send("POST", path, {"phone": phone, "device": device} | proof)
    except Refused as refused:
        by = "code" if password is None else "password"
        return _again(visit, refused, phone, next, by=by, sent=password is None)
    return visit.go("/password/first" if password is None else _inside(next).removeprefix("/app"))


@router.get("/password/first")
async def first_password(visit: SignedIn) -> Response:
    """设置密码, unless there is one."""
    account = await visit.api.get("/v1/account")
    if account["has_password"]:
        return visit.go("")
    return visit.page("password-first.html", problem=None)


@router.post("/password/first")
async def set_first_password(visit: SignedIn, password: Annotated[str, Form(max_length=256)]) -> Response:
    """设置密码."""
    try:
        await visit.api.send("PUT", "/v1/account/password", {"password": password})
    except Refused as refused:
        return visit.page("password-first.html", refused.status, problem=refused)
    return visit.go("")


@router.post("/sign-out")
async def sign_out(visit: SignedIn) -> Response:
    """退出登录."""
    await visit.api.send("DELETE", "/v1/sessions")
    return visit.leave(visit.go("/sign-in"))


def _again(visit: Visit, refused: Refused, phone: str, next: str, *, by: str, sent: bool) -> Response:
    told = {"next": _inside(next), "by": by, "phone": phone, "sent": sent}
    return visit.page("sign-in.html", refused.status, problem=refused, **told)


def _inside(place: str) -> str:
    """Where to go after the sign-in: one of these pages, never another site."""
    parts = urlsplit(place)
    is_ours = not parts.scheme and not parts.netloc and parts.path.startswith("/app") and "\\" not in place
    return place if is_ours else "/app"


def _browser(request: Request) -> str:
    """What the list of devices calls this one."""
    agent = request.headers.get("user-agent", "")
    names = ("MicroMessenger", "Edg", "Firefox", "Chrome", "Safari")
    return next((one for one in names if one in agent), "浏览器")
