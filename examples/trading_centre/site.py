"""What the pages share: settings, the client of the service, trust, templates, the present visitor."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from examples.trading_centre.hall import HallTool
from examples.trading_centre.store import Store
from mobile_bridge.sdk import PlatformClient, RevocationLists, Trust

ROLES: Final = {"bidder": "投标人", "tenderer": "招标人", "agency": "招标代理"}
HERE: Final = Path(__file__).parent
STATES: Final = {"draft": "编制中", "sealed": "已签章", "published": "招标中", "opening": "已开标"}
"""Of tenders, in their order."""
COOKIE: Final = "centre_visit"
_LASTS: Final = 8 * 3600
_PAGES: Final = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


class Refusal(Exception):
    """What a person is told instead of the page; ``code`` is for the bidding tool."""

    def __init__(self, message: str, status: int = HTTPStatus.BAD_REQUEST, code: str = "refused") -> None:
        super().__init__(message)
        self.message, self.status, self.code = message, status, code


@dataclass(frozen=True)
class Site:
    """One running centre. ``openings``: the hall's tools of scans under way.

    ``folder``: where bids are kept. ``oaep``: the digest that the token behind the parties' RSA keys knows
    for OAEP; SoftHSM 2.6 knows SHA-1 alone.
    """

    origin: str
    client: PlatformClient
    trust: Trust
    store: Store
    folder: Path
    oaep: str = "sha1"
    openings: dict[str, HallTool] = field(default_factory=dict)
    lists: RevocationLists = field(default_factory=RevocationLists)

    @property
    def policy(self) -> str:
        """The pages' Content-Security-Policy: scripts of its own and the service's widget, nothing inline."""
        service = self.client.issuer
        return (
            f"default-src 'none'; script-src 'self' {service}; connect-src 'self' {service}; "
            "style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
            "require-trusted-types-for 'script'"
        )


@dataclass(frozen=True)
class Visitor:
    """The browser that asks. ``enterprise``: None until it has signed in."""

    visit: str
    enterprise: sqlite3.Row | None
    is_new: bool = False
    token: str = field(default="", repr=False)

    @property
    def signed_in(self) -> sqlite3.Row:
        """Raises Refusal."""
        if self.enterprise is None:
            raise Refusal("请先登录", HTTPStatus.UNAUTHORIZED, "signed_out")
        return self.enterprise

    def as_role(self, *roles: str) -> sqlite3.Row:
        """Raises Refusal."""
        found = self.signed_in
        if found["role"] not in roles:
            told = f"此功能供{'、'.join(ROLES[one] for one in roles)}使用"
            raise Refusal(told, HTTPStatus.FORBIDDEN, "wrong_role")
        return found


def site_of(request: Request) -> Site:
    """The running centre."""
    found: Site = request.app.state.site
    return found


TheSite = Annotated[Site, Depends(site_of)]


def visitor_of(request: Request, site: TheSite) -> Visitor:
    """Who asks, by the cookie; a browser without one gets one with its first page."""
    token = request.cookies.get(COOKIE, "")
    query = "SELECT * FROM visit WHERE token = ? AND expires > ?"
    found = site.store.one(query, digest_of(token), time.time()) if token else None
    if found is None:
        token = new_visit(site, None)
        return Visitor(digest_of(token), None, is_new=True, token=token)
    enterprise = site.store.one("SELECT * FROM enterprise WHERE id = ?", found["enterprise"])
    return Visitor(found["token"], enterprise)


TheVisitor = Annotated[Visitor, Depends(visitor_of)]


def new_visit(site: Site, enterprise: int | None) -> str:
    """A fresh cookie; only its digest is kept."""
    token = secrets.token_urlsafe(32)
    site.store.change("DELETE FROM visit WHERE expires < ?", time.time())
    site.store.add("INSERT INTO visit VALUES (?, ?, ?)", digest_of(token), enterprise, time.time() + _LASTS)
    return token


def digest_of(token: str) -> str:
    """What the database knows of a cookie."""
    return hashlib.sha256(token.encode()).hexdigest()


def page(name: str, site: Site, visitor: Visitor | None, status: int = 200, **facts: Any) -> Response:
    """A page of ``templates/``."""
    shown = {
        "site": site,
        "visitor": visitor,
        "roles": ROLES,
        "states": STATES,
        "me": visitor and visitor.enterprise,
    }
    answer = HTMLResponse(_PAGES.get_template(name).render(**shown, **facts), status_code=status)
    if visitor is not None and visitor.is_new:
        keep_visit(answer, site, visitor.token)
    return answer


def go(path: str) -> Response:
    """On to another page."""
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)


def keep_visit(answer: Response, site: Site, token: str) -> None:
    """Set the cookie."""
    secure = site.origin.startswith("https:")
    answer.set_cookie(COOKIE, token, max_age=_LASTS, httponly=True, samesite="lax", secure=secure)
