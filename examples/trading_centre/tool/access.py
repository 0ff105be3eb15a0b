"""Which tool asks: by the token it got when its person signed in by scanning."""

from __future__ import annotations

import sqlite3
import time
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Depends, Header

from examples.trading_centre.site import Refusal, TheSite, Visitor, digest_of

_SCHEME: Final = "Bearer "


def bearer(authorization: Annotated[str, Header()] = "") -> str:
    """The token of a call, empty without one."""
    return authorization.removeprefix(_SCHEME).strip() if authorization.startswith(_SCHEME) else ""


Token = Annotated[str, Depends(bearer)]


def tool_of(site: TheSite, token: Token) -> Visitor:
    """A tool that has signed in. Raises Refusal."""
    query = """SELECT e.* FROM visit v JOIN enterprise e ON e.id = v.enterprise
        WHERE v.token = ? AND v.expires > ?"""
    found = site.store.one(query, digest_of(token), time.time()) if token else None
    if found is None:
        raise Refusal("请先扫码认证", HTTPStatus.UNAUTHORIZED, "signed_out")
    return Visitor(digest_of(token), found)


TheTool = Annotated[Visitor, Depends(tool_of)]


def bidder_of(tool: TheTool) -> sqlite3.Row:
    """The bidder whose tool asks. Raises Refusal."""
    return tool.as_role("bidder")


TheBidder = Annotated[sqlite3.Row, Depends(bidder_of)]
