"""实名认证 (seed, section 三)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Response

from api.phone.visiting import PREFIX, SignedIn
from api.web.calls import Refused
from api.web.routes import PageRoute
from api.web.visits import Visit

router = APIRouter(prefix=f"{PREFIX}/real-name", include_in_schema=False, route_class=PageRoute)

METHODS: Final = MappingProxyType(
    {"alipay-face": "支付宝认证", "police": "公安认证", "bank-card": "银行卡四要素认证"}
)
_NOTHING: Final = MappingProxyType({"method": "alipay-face", "name": "", "id_number": ""})
Short = Annotated[str, Form(max_length=64)]


@router.get("")
async def choose(visit: SignedIn) -> Response:
    """Three ways."""
    return await _form(visit, dict(_NOTHING))


@router.post("")
async def start(
    visit: SignedIn,
    method: Short,
    name: Short,
    id_number: Short,
    intention: Short,
    bank_card: Short = "",
    bank_phone: Short = "",
) -> Response:
    """认证."""
    typed = {"method": method, "name": name.strip(), "id_number": id_number.strip()}
    bank = {"bank_card": bank_card, "bank_phone": bank_phone} if method == "bank-card" else {}
    try:
        check = await visit.api.send("POST", "/v1/realname/checks", typed | bank, intention=intention)
    except Refused as refused:
        return await _form(visit, typed, refused)
    return visit.go(f"/real-name/{check['id']}")


@router.get("/{check_id}")
async def progress(visit: SignedIn, check_id: str) -> Response:
    """认证进度."""
    return visit.page("real-name-check.html", check=await visit.api.get(f"/v1/realname/checks/{check_id}"))


@router.post("/{check_id}/cancel")
async def cancel(visit: SignedIn, check_id: str) -> Response:
    """取消认证."""
    await visit.api.send("POST", f"/v1/realname/checks/{check_id}/cancel")
    return visit.go("/real-name")


async def _form(visit: Visit, typed: dict[str, Any], problem: Refused | None = None) -> Response:
    standing = await visit.api.get("/v1/realname")
    status = 200 if problem is None else problem.status
    return visit.page(
        "real-name.html", status, standing=standing, methods=METHODS, typed=typed, problem=problem
    )
