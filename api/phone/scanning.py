"""扫一扫: what a page at a PC asks, looked at and approved (seed, 标证通的使用)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Response, UploadFile

from api.phone.visiting import PREFIX, SignedIn
from api.web.calls import Refused
from api.web.routes import PageRoute
from api.web.visits import Visit

router = APIRouter(prefix=f"{PREFIX}/scan", include_in_schema=False, route_class=PageRoute)


@router.get("")
async def scan(visit: SignedIn) -> Response:
    """开始扫码: by the camera, or with a picture."""
    return visit.page("scan.html", problem=None)


@router.post("")
async def claim(
    visit: SignedIn,
    qr: Annotated[str, Form(max_length=2048)] = "",
    picture: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """The text that the camera read, or a picture that the server reads."""
    try:
        if picture is not None and picture.size:
            content, kind = await picture.read(), picture.content_type or "image/jpeg"
            answer = await visit.api.answer(
                "POST", "/v1/scans/claims/picture", content=content, headers={"Content-Type": kind}
            )
            found = answer.json()
        else:
            found = await visit.api.send("POST", "/v1/scans/claims", {"qr": qr.strip()})
    except Refused as refused:
        if "scan" in refused.facts:
            return visit.go(f"/scan/{refused.facts['scan']}")
        return visit.page("scan.html", refused.status, problem=refused)
    return visit.go(f"/scan/{found['id']}")


@router.get("/{scan_id}")
async def show(visit: SignedIn, scan_id: str) -> Response:
    """What is asked, by whom; after its end, how it ended."""
    return _shown(visit, await visit.api.get(f"/v1/scans/{scan_id}"))


@router.get("/{scan_id}/documents/{number}")
async def document(visit: SignedIn, scan_id: str, number: int) -> Response:
    """查看待签文件."""
    answer = await visit.api.content(f"/v1/scans/{scan_id}/documents/{number}")
    return visit.keep(Response(answer.content, media_type="application/pdf"))


@router.post("/{scan_id}/approval")
async def approve(
    visit: SignedIn,
    scan_id: str,
    intention: Annotated[str, Form(max_length=64)],
    certificate: Annotated[str | None, Form(max_length=64)] = None,
    binding: Annotated[str | None, Form(max_length=64)] = None,
    pin: Annotated[str | None, Form(max_length=256)] = None,
) -> Response:
    """确认, by the PIN where one is asked for."""
    said = {"certificate": certificate, "binding": binding, "pin": pin}
    body = {name: value for name, value in said.items() if value}
    try:
        await visit.api.send("POST", f"/v1/scans/{scan_id}/approval", body, intention=intention)
    except Refused as refused:
        return _shown(visit, await visit.api.get(f"/v1/scans/{scan_id}"), refused)
    return visit.go(f"/scan/{scan_id}")


@router.post("/{scan_id}/refusal")
async def refuse(visit: SignedIn, scan_id: str) -> Response:
    """拒绝."""
    await visit.api.send("POST", f"/v1/scans/{scan_id}/refusal")
    return visit.go(f"/scan/{scan_id}")


def _shown(visit: Visit, scan: dict[str, Any], problem: Refused | None = None) -> Response:
    status = 200 if problem is None else problem.status
    return visit.page("scan-shown.html", status, scan=scan, problem=problem)
