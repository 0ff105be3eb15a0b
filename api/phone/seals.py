"""印章: those of a certificate, and more of them applied for."""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated, Any, Final

from fastapi import APIRouter, File, Form, Response, UploadFile

from api.phone.visiting import PREFIX, SignedIn
from api.web.calls import Refused
from api.web.routes import PageRoute
from api.web.visits import Visit

router = APIRouter(prefix=PREFIX, include_in_schema=False, route_class=PageRoute)

KINDS: Final = MappingProxyType(
    {
        "contract": "合同专用章",
        "finance": "财务专用章",
        "invoice": "发票专用章",
        "department": "部门章",
        "legal-person": "法定代表人名章",
        "enterprise": "单位公章",
    }
)
Pin = Annotated[str, Form(max_length=256)]
Why = Annotated[str, Form(min_length=2, max_length=200)]
Intention = Annotated[str, Form(max_length=64)]


@router.get("/certificates/{serial}/seals")
async def of_certificate(visit: SignedIn, serial: str) -> Response:
    """印章列表."""
    return await _list(visit, serial)


@router.post("/certificates/{serial}/seals")
async def apply(
    visit: SignedIn,
    serial: str,
    kind: Annotated[str, Form(max_length=20)],
    reason: Why,
    pin: Pin,
    intention: Intention,
    line: Annotated[str, Form(max_length=14)] = "",
    code: Annotated[str, Form(max_length=18)] = "",
    photo: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """申请刻制印章: approved with the PIN, decided by an operator of the CA."""
    said = {"kind": kind, "reason": reason, "pin": pin, "line": line, "code": code}
    sent: dict[str, Any] = {"data": {name: value for name, value in said.items() if value}}
    if photo is not None and photo.size:
        sent["files"] = {"photo": (photo.filename, await photo.read(), photo.content_type)}
    path = f"/v1/certificates/{serial}/seal-applications"
    try:
        await visit.api.answer("POST", path, headers={"Idempotency-Key": intention}, **sent)
    except Refused as refused:
        return await _list(visit, serial, refused)
    return visit.go(f"/certificates/{serial}/seals")


@router.get("/seals/{seal}/picture")
async def picture(visit: SignedIn, seal: str) -> Response:
    """印章图样."""
    answer = await visit.api.content(f"/v1/seals/{seal}/picture")
    return visit.keep(Response(answer.content, media_type="image/png"))


@router.post("/seals/{seal}/{act}")
async def change(
    visit: SignedIn, seal: str, act: str, pin: Pin = "", reason: Annotated[str, Form(max_length=200)] = ""
) -> Response:
    """撤回申请, 停用, 恢复使用 and 销毁."""
    serial = (await visit.api.get(f"/v1/seals/{seal}"))["serial"]
    bodies = {
        "withdraw": {},
        "suspend": {"reason": reason},
        "release": {"pin": pin},
        "destroy": {"pin": pin, "reason": reason},
    }
    try:
        await visit.api.send("POST", f"/v1/seals/{seal}/{act}", bodies.get(act, {}))
    except Refused as refused:
        return await _list(visit, serial, refused)
    return visit.go(f"/certificates/{serial}/seals")


async def _list(visit: Visit, serial: str, problem: Refused | None = None) -> Response:
    seals = await visit.api.get(f"/v1/certificates/{serial}/seals")
    one = await visit.api.get(f"/v1/certificates/{serial}")
    status = 200 if problem is None else problem.status
    kinds = KINDS if one["kind"] == "enterprise" else {}
    return visit.page("seals.html", status, one=one, seals=seals, kinds=kinds, problem=problem)
