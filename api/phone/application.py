"""One application: what it needs, where it stands, what comes of it (seed, sections 四 to 六, 九, 十)."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, File, Form, Request, Response, UploadFile

from api.phone import applying
from api.phone.visiting import PREFIX, SignedIn
from api.web.calls import Refused
from api.web.routes import PageRoute
from api.web.visits import Visit

router = APIRouter(prefix=f"{PREFIX}/applications/{{number}}", include_in_schema=False, route_class=PageRoute)

_UPLOADS: Final = frozenset({"licence", "paper-form"})
Intention = Annotated[str, Form(max_length=64)]
Pin = Annotated[str, Form(max_length=256)]
Photo = Annotated[UploadFile, File()]


@router.get("")
async def show(visit: SignedIn, number: str) -> Response:
    """What to do next, by its status."""
    return await _page(visit, number)


@router.get("/form")
async def form(visit: SignedIn, number: str) -> Response:
    """下载申请书模板: filled, as PDF."""
    answer = await visit.api.content(f"/v1/applications/{number}/form")
    return visit.keep(Response(answer.content, media_type="application/pdf"))


@router.post("/pictures/{what}")
async def upload(visit: SignedIn, number: str, what: str, picture: Photo) -> Response:
    """拍照上传: the licence, the paper form, or an attachment by its code."""
    path = what if what in _UPLOADS else f"attachments/{what}"
    try:
        await visit.api.answer(
            "PUT",
            f"/v1/applications/{number}/{path}",
            content=await picture.read(),
            headers={"Content-Type": picture.content_type or "image/jpeg"},
        )
    except Refused as refused:
        return await _page(visit, number, refused)
    return visit.go(f"/applications/{number}")


@router.get("/signature")
async def signatures(visit: SignedIn, number: str) -> Response:
    """选择【手写签名】或【生成签名】."""
    choices = await visit.api.get(f"/v1/applications/{number}/signatures")
    return visit.page("signatures.html", number=number, choices=choices)


@router.post("/signature")
async def choose_signature(
    visit: SignedIn, number: str, sha256: Annotated[str, Form(max_length=64)]
) -> Response:
    """下一步."""
    await visit.api.send("PUT", f"/v1/applications/{number}/signature", {"sha256": sha256})
    return visit.go(f"/applications/{number}")


@router.post("/seal")
async def seal(visit: SignedIn, number: str, pin: Pin, intention: Intention) -> Response:
    """盖章 with the PIN of the present certificate."""
    return await _act(visit, number, "seal", {"pin": pin}, intention)


@router.post("/submit")
async def submit(visit: SignedIn, number: str, intention: Intention) -> Response:
    """提交申请."""
    return await _act(visit, number, "submit", {}, intention)


@router.post("/withdraw")
async def withdraw(visit: SignedIn, number: str, intention: Intention) -> Response:
    """撤回."""
    return await _act(visit, number, "withdraw", {}, intention)


@router.post("/payment")
async def pay(visit: SignedIn, number: str, intention: Intention) -> Response:
    """支付: where. That somebody comes back from there proves nothing; the order is asked."""
    try:
        told = await visit.api.send("POST", f"/v1/applications/{number}/payment", {}, intention=intention)
    except Refused as refused:
        return await _page(visit, number, refused)
    return visit.page("pay.html", number=number, order=told["order"], pay_url=told["pay_url"])


@router.post("/download")
async def download(
    visit: SignedIn, number: str, pin: Pin, again: Annotated[str, Form(max_length=256)], intention: Intention
) -> Response:
    """下载证书, with the PIN that is set now."""
    if pin != again:
        said = {"code": "pins_differ", "message": "两次输入的 PIN 码不一致"}
        return await _page(visit, number, Refused(said, 422))
    return await _act(visit, number, "download", {"pin": pin}, intention)


@router.get("/revise")
async def revision(visit: SignedIn, number: str) -> Response:
    """重新申请: what was said, to be corrected. Numbers of identity cards are typed again."""
    known = await visit.api.get(f"/v1/applications/{number}")
    typed = known | {"name": known["enterprise_name"] or "", "department": known["department"] or ""}
    return applying.form(visit, known["kind"], typed, revises=number)


@router.post("/revise")
async def revise(visit: SignedIn, number: str, request: Request) -> Response:
    """A new version; the former one is kept beside it."""
    known = await visit.api.get(f"/v1/applications/{number}")
    typed = await applying.typed_in(request)
    body = {"application": applying.body_of(known["kind"], typed), "sign_again": False}
    try:
        await visit.api.send(
            "POST", f"/v1/applications/{number}/revise", body, intention=typed.get("intention", "")
        )
    except Refused as refused:
        return applying.form(visit, known["kind"], typed, refused, revises=number)
    return visit.go(f"/applications/{number}")


async def _act(visit: Visit, number: str, action: str, body: dict[str, str], intention: str) -> Response:
    try:
        await visit.api.send("POST", f"/v1/applications/{number}/{action}", body, intention=intention)
    except Refused as refused:
        return await _page(visit, number, refused)
    return visit.go(f"/applications/{number}")


async def _page(visit: Visit, number: str, problem: Refused | None = None) -> Response:
    known = await visit.api.get(f"/v1/applications/{number}")
    order = await _order(visit, known)
    status = 200 if problem is None else problem.status
    return visit.page(
        "application.html", status, one=known, order=order, names=applying.PERMISSIONS, problem=problem
    )


async def _order(visit: Visit, known: dict[str, Any]) -> dict[str, Any] | None:
    """What is to be paid or was, None where nothing is."""
    if known["fee_fen"] == 0 or known["status"] not in ("approved", "issued"):
        return None
    try:
        found: dict[str, Any] = await visit.api.get(f"/v1/applications/{known['id']}/payment")
    except Refused as refused:
        if refused.status == 404:
            return None
        raise
    return found
