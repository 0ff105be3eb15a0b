"""扫码 of an account, and what follows from the answer of any scan, once."""

from __future__ import annotations

import json
import sqlite3
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from fastapi.responses import Response

from examples.trading_centre.acts import ACTS, Done
from examples.trading_centre.showing import show
from examples.trading_centre.site import (
    Refusal,
    Site,
    TheSite,
    TheVisitor,
    Visitor,
    go,
    keep_visit,
    page,
)
from examples.trading_centre.verifying import verified
from mobile_bridge.sdk import NotVerified, Started

router = APIRouter()
_HINTS: Final = {
    "refused": "已在手机上拒绝",
    "expired": "二维码已过期",
    "cancelled": "本次扫码已取消",
    "failed": "操作未能完成",
}


@router.get("/login/scan")
def login(site: TheSite, visitor: TheVisitor) -> Response:
    """扫码登录."""
    return show(site, visitor, site.client.login(title="登录交易中心"), "扫码登录", "/login/scan")


@router.get("/account/bind")
def bind(site: TheSite, visitor: TheVisitor) -> Response:
    """申请手机证书: bind the account to a phone."""
    me = visitor.signed_in
    started = site.client.bind(
        me["user"], user_name=me["name"], credit_code=me["credit_code"], title="申请手机证书"
    )
    return show(site, visitor, started, "申请手机证书", "/account/bind")


@router.get("/account/record")
def record(site: TheSite, visitor: TheVisitor) -> Response:
    """同步诚信库."""
    visitor.signed_in  # noqa: B018 - raises
    return show(site, visitor, site.client.record(title="同步诚信库"), "同步诚信库", "/account/record")


@router.get("/scans/{scan}")
def finish(scan: str, site: TheSite, visitor: TheVisitor) -> Response:
    """Where the widget leads: fetch the answer, verify it, act on it once, and tell what was verified."""
    row = site.store.one("SELECT * FROM scan WHERE id = ? AND visit = ?", scan, visitor.visit)
    if row is None:
        raise Refusal("没有找到本次扫码，请重新获取二维码", HTTPStatus.NOT_FOUND)
    if row["state"] == "done":
        return page("done.html", site, visitor, done=json.loads(row["told"]))
    started = Started.from_dict(json.loads(row["started"]))
    found = site.client.scan(scan)
    if found.status in _HINTS:
        raise Refusal(_HINTS[found.status], HTTPStatus.CONFLICT)
    if found.answer is None:
        raise Refusal("手机上尚未确认", HTTPStatus.CONFLICT)
    try:
        answer = verified(site, started, found.answer)
        done = ACTS[row["kind"]](site, visitor, row, answer)
    except NotVerified as refused:
        return page("unverified.html", site, visitor, HTTPStatus.CONFLICT, refused=refused)
    return _told(site, visitor, row, done)


def _told(site: Site, visitor: Visitor, row: sqlite3.Row, done: Done) -> Response:
    told = json.dumps({"title": done.title, "lines": done.lines, "next": done.next, "to": done.to})
    site.store.change(
        "UPDATE scan SET state = 'done', told = ? WHERE id = ? AND state = 'open'", told, row["id"]
    )
    site.openings.pop(row["id"], None)
    answer = go(f"/scans/{row['id']}")
    if done.cookie is not None:
        keep_visit(answer, site, done.cookie)
    return answer
