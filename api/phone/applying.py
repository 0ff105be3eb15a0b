"""新增证书: which, where, for how long, and for whom (seed, sections 四, 五, 七 and 十)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Form, Request, Response

from api.phone.visiting import PREFIX, SignedIn
from api.web.calls import Refused
from api.web.routes import PageRoute
from api.web.visits import Visit

router = APIRouter(prefix=f"{PREFIX}/apply", include_in_schema=False, route_class=PageRoute)

Kind = Literal["claim", "join", "personal"]
NAMES: Final = MappingProxyType({"claim": "认领企业", "join": "加入企业", "personal": "个人证书"})
PERMISSIONS: Final = MappingProxyType(
    {
        "login": "登录交易平台",
        "seal": "签章",
        "bid": "制作与加密投标文件",
        "open": "开标解密",
        "record": "同步诚信库",
    }
)
_FITS: Final = MappingProxyType(
    {"claim": ("enterprise", "legal-person"), "join": ("clerk",), "personal": ("personal",)}
)
_ENTERPRISE: Final = ("name", "credit_code", "legal_person", "legal_person_id")
_JOINED: Final = ("enterprise_name", "credit_code", "department")
Short = Annotated[str, Form(max_length=200)]


@router.get("")
async def kinds(visit: SignedIn) -> Response:
    """企业证书 (认领企业, 加入企业) or 个人证书."""
    return visit.page("apply.html")


@router.get("/{kind}")
async def products(
    visit: SignedIn, kind: Kind, province: str = "", platform: str = "", authority: str = ""
) -> Response:
    """证书申领: province, trading platform, CA, validity and fee."""
    catalogue = await visit.api.get("/v1/catalogue")
    platforms = [one for one in catalogue["platforms"] if province in ("", one["province"])]
    places = {one["code"] for one in platforms if platform in ("", one["code"])}
    offered = [
        one
        for one in catalogue["products"]
        if one["kind"] in _FITS[kind] and one["platform"] in places and authority in ("", one["authority"])
    ]
    chosen = {"province": province, "platform": platform, "authority": authority}
    named = {one["code"]: one["name"] for one in catalogue["platforms"] + catalogue["authorities"]}
    return visit.page(
        "apply-product.html",
        kind=kind,
        name=NAMES[kind],
        catalogue=catalogue,
        platforms=platforms,
        products=offered,
        chosen=chosen,
        named=named,
    )


@router.get("/{kind}/details")
async def details(visit: SignedIn, kind: Kind, product: str) -> Response:
    """Who it is for."""
    return form(visit, kind, {"product": product})


@router.post("/join/lookup")
async def lookup(visit: SignedIn, enterprise_name: Short, credit_code: Short, product: Short) -> Response:
    """查询: the enterprise by name and code together, its data masked."""
    typed = {"enterprise_name": enterprise_name, "credit_code": credit_code, "product": product}
    try:
        body = {"name": enterprise_name, "credit_code": credit_code}
        found = await visit.api.send("POST", "/v1/enterprises/lookup", body)
    except Refused as refused:
        return form(visit, "join", typed, refused)
    return form(visit, "join", typed, found=found)


@router.post("/{kind}/details")
async def apply(visit: SignedIn, request: Request, kind: Kind) -> Response:
    """下一步: the application is there from now on."""
    typed = await typed_in(request)
    try:
        made = await visit.api.send(
            "POST", "/v1/applications", body_of(kind, typed), intention=typed.get("intention", "")
        )
    except Refused as refused:
        if refused.code == "application_under_way":
            return visit.go(f"/applications/{refused.facts['application']}")
        return form(visit, kind, typed, refused, found=None)
    return visit.go(f"/applications/{made['id']}")


async def typed_in(request: Request) -> dict[str, Any]:
    """What the form sent, by the names of its fields."""
    sent = await request.form()
    typed: dict[str, Any] = {name: str(value).strip() for name, value in sent.items()}
    return typed | {"permissions": [str(one) for one in sent.getlist("permissions")]}


def body_of(kind: str, typed: Mapping[str, Any]) -> dict[str, Any]:
    """What is sent to apply."""
    body: dict[str, Any] = {"kind": kind, "product": typed.get("product", "")}
    if kind == "claim":
        body["enterprise"] = {name: typed.get(name, "") for name in _ENTERPRISE}
    if kind == "join":
        body |= {name: typed.get(name) or None for name in _JOINED}
        body["permissions"] = list(typed.get("permissions", ()))
    return body


def form(
    visit: Visit,
    kind: str,
    typed: Mapping[str, Any],
    problem: Refused | None = None,
    *,
    found: Mapping[str, Any] | None = None,
    revises: str | None = None,
) -> Response:
    """The form, with what was typed. ``revises``: the application that gets a new version."""
    known: dict[str, Any] = dict.fromkeys((*_ENTERPRISE, *_JOINED, "product"), "") | {"permissions": []}
    status = 200 if problem is None else problem.status
    return visit.page(
        "apply-details.html",
        status,
        kind=kind,
        name=NAMES[kind],
        typed=known | dict(typed),
        permissions=PERMISSIONS,
        problem=problem,
        found=found,
        revises=revises,
    )
