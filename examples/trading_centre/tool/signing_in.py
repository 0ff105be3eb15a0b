"""投标工具 CA 认证: a tool signs in when its person scans the code that it shows."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from examples.trading_centre.site import Refusal, TheSite, Visitor, digest_of, new_visit
from examples.trading_centre.tool.access import TheTool, Token
from examples.trading_centre.tool.scans import answered, begun, not_held, scan_of
from mobile_bridge.sdk import NotVerified

router = APIRouter()


class SignIn(BaseModel):
    """``tool``: its name and version, which the phone shows."""

    tool: Annotated[str, Field(min_length=1, max_length=60)]


@router.post("/sign-in", status_code=HTTPStatus.CREATED)
def begin(asked: SignIn, site: TheSite) -> Any:
    """A code to show, and the ticket by which its answer is fetched."""
    ticket = secrets.token_urlsafe(32)
    started = site.client.tool_login(asked.tool, title="投标工具认证")
    return begun(site, Visitor(digest_of(ticket), None), started) | {"ticket": ticket}


@router.post("/sign-in/{scan}")
def finish(scan: str, site: TheSite, ticket: Token) -> Any:
    """Who scanned, and a token for the calls that follow; once."""
    row = scan_of(site, scan, digest_of(ticket))
    if row["state"] == "done":
        raise Refusal("本次认证已完成，请重新认证", HTTPStatus.CONFLICT, "sign_in_used")
    found = site.client.scan(scan)
    if found.answer is None:
        return {"status": found.status, "hint": found.hint}
    answer = answered(site, row, found.answer)
    user, enterprise = answer.statement["user"], answer.statement["enterprise"] or {}
    me = site.store.one("SELECT * FROM enterprise WHERE user = ?", user)
    if me is None or me["binding"] != answer.statement["binding"]:
        raise Refusal(
            "该手机用户没有与本站账号绑定，请先在网站申请手机证书", HTTPStatus.FORBIDDEN, "not_bound"
        )
    try:
        answer.require(me["credit_code"] == enterprise.get("credit_code"), "another enterprise's")
    except NotVerified as refused:
        raise not_held(refused) from refused
    done = "UPDATE scan SET state = 'done' WHERE id = ? AND state = 'open'"
    if not site.store.change(done, scan):
        raise Refusal("本次认证已完成，请重新认证", HTTPStatus.CONFLICT, "sign_in_used")
    told = {"status": found.status, "hint": found.hint, "verified": answer.lines}
    return told | {"token": new_visit(site, me["id"]), "user": user, "enterprise": enterprise}


@router.get("/me")
def me(tool: TheTool) -> Any:
    """Who is signed in."""
    row = tool.signed_in
    return {"user": row["user"], "name": row["name"], "credit_code": row["credit_code"], "role": row["role"]}


@router.delete("/me", status_code=HTTPStatus.NO_CONTENT)
def sign_out(site: TheSite, tool: TheTool) -> None:
    """退出."""
    site.store.change("DELETE FROM visit WHERE token = ?", tool.visit)
