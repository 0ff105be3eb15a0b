"""What its holder does with a certificate (seed, sections 十一 and 十二)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Response

from api.phone.visiting import PREFIX, SignedIn
from api.web.calls import Refused
from api.web.routes import PageRoute
from api.web.visits import Visit

router = APIRouter(prefix=f"{PREFIX}/certificates/{{serial}}", include_in_schema=False, route_class=PageRoute)

Pin = Annotated[str, Form(max_length=256)]
Intention = Annotated[str, Form(max_length=64)]
Grounds = Annotated[str, Form(max_length=200)]


@router.get("")
async def show(visit: SignedIn, serial: str) -> Response:
    """证书详情."""
    return await _page(visit, serial)


@router.post("/renew")
async def renew(visit: SignedIn, serial: str, intention: Intention) -> Response:
    """证书续期."""
    return await _applied(visit, serial, {"kind": "renewal", "serial": serial}, intention)


@router.post("/reset")
async def reset(visit: SignedIn, serial: str, grounds: Grounds, intention: Intention) -> Response:
    """重置 PIN 码."""
    return await _applied(
        visit, serial, {"kind": "pin-reset", "serial": serial, "grounds": grounds}, intention
    )


@router.post("/end")
async def end(visit: SignedIn, serial: str, grounds: Grounds, intention: Intention) -> Response:
    """注销证书."""
    return await _applied(
        visit, serial, {"kind": "revocation", "serial": serial, "grounds": grounds}, intention
    )


@router.post("/suspend")
async def suspend(visit: SignedIn, serial: str) -> Response:
    """挂失."""
    return await _done(visit, serial, "suspend", {})


@router.post("/release")
async def release(visit: SignedIn, serial: str, pin: Pin) -> Response:
    """解除挂失."""
    return await _done(visit, serial, "release", {"pin": pin})


@router.post("/pin")
async def change_pin(visit: SignedIn, serial: str, pin: Pin, new_pin: Pin, again: Pin) -> Response:
    """修改 PIN 码."""
    if new_pin != again:
        said = {"code": "pins_differ", "message": "两次输入的新 PIN 码不一致"}
        return await _page(visit, serial, Refused(said, 422))
    return await _done(visit, serial, "pin", {"pin": pin, "new_pin": new_pin}, "PIN 码已修改")


async def _applied(visit: Visit, serial: str, body: dict[str, str], intention: str) -> Response:
    try:
        made = await visit.api.send("POST", "/v1/applications", body, intention=intention)
    except Refused as refused:
        if refused.code == "application_under_way":
            return visit.go(f"/applications/{refused.facts['application']}")
        return await _page(visit, serial, refused)
    return visit.go(f"/applications/{made['id']}")


async def _done(visit: Visit, serial: str, action: str, body: dict[str, Any], said: str = "") -> Response:
    try:
        await visit.api.send("POST", f"/v1/certificates/{serial}/{action}", body)
    except Refused as refused:
        return await _page(visit, serial, refused)
    return await _page(visit, serial, said=said) if said else visit.go(f"/certificates/{serial}")


async def _page(visit: Visit, serial: str, problem: Refused | None = None, said: str = "") -> Response:
    one = await visit.api.get(f"/v1/certificates/{serial}")
    pin = None
    if one["custody"] != "lock":
        pin = await visit.api.get(f"/v1/certificates/{serial}/pin")
    status = 200 if problem is None else problem.status
    return visit.page("certificate.html", status, one=one, pin=pin, problem=problem, said=said)
