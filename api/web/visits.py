"""Who looks at a page: the session in two cookies, renewed when its time is over.

The cookies are out of the reach of scripts, go to these pages alone, and come with no request that another
site began (SameSite=Strict); ``api.web.routes`` looks at the origin of every change besides.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.web.calls import Api, Refused
from api.web.rendering import Templates

_EARLY: Final = 60  # seconds before its end in which a token is not begun with any more
_REMEMBERED: Final = 30.0


class NotSignedIn(Exception):
    """The page is for people who are signed in."""


@dataclass(slots=True)
class Visit:
    """One request for a page. ``prefix``: below which its pages are, e.g. ``/app``."""

    request: Request
    prefix: str
    templates: Templates
    api: Api
    signed_in: bool
    session: Mapping[str, Any] | None = field(default=None)

    def page(self, template: str, status: int = 200, /, **values: Any) -> Response:
        """A page. Whatever the template names must be given."""
        shown = self.templates.render(
            template, here=self.request.url.path, signed_in=self.signed_in, **values
        )
        return self.keep(HTMLResponse(shown, status))

    def go(self, path: str) -> Response:
        """To another page below the prefix, by GET: a reload sends nothing twice."""
        return self.keep(RedirectResponse(f"{self.prefix}{path}", 303))

    def keep(self, response: Response) -> Response:
        """Put a session that was begun or renewed in this visit into the response's cookies."""
        if self.session is not None:
            told, secure = self.session, self.request.url.scheme == "https"
            for name, value, ends in (
                ("token", told["token"], told["expires_at"]),
                ("refresh", told["refresh_token"], told["refresh_expires_at"]),
            ):
                age = int((datetime.fromisoformat(ends) - datetime.now(UTC)).total_seconds()) - _EARLY
                response.set_cookie(
                    _cookie(self.prefix, name),
                    value,
                    max_age=max(age, 1),
                    path=self.prefix,
                    secure=secure,
                    httponly=True,
                    samesite="strict",
                )
        return response

    def leave(self, response: Response) -> Response:
        """Forget the session in this browser."""
        for name in ("token", "refresh"):
            response.delete_cookie(_cookie(self.prefix, name), path=self.prefix)
        return response

    def to_sign_in(self) -> Response:
        """Where one signs in, and comes back from."""
        place = self.request.url.path if self.request.method == "GET" else self.prefix
        return self.leave(RedirectResponse(f"{self.prefix}/sign-in?next={quote(place)}", 303))


class Visits:
    """Recognises visitors. ``refresh_path``: of the API call that renews their sessions."""

    def __init__(self, prefix: str, templates: Templates, refresh_path: str) -> None:
        self.prefix = prefix
        self._templates = templates
        self._refresh_path = refresh_path
        self._renewals: dict[str, asyncio.Task[Any]] = {}

    async def recognise(self, request: Request) -> Visit:
        """The visit that a request is."""
        token = request.cookies.get(_cookie(self.prefix, "token"))
        refresh = request.cookies.get(_cookie(self.prefix, "refresh"))
        session = None
        if token is None and refresh is not None:
            session = await self._renewed(request, refresh)
            token = None if session is None else str(session["token"])
        api = Api(request.app, token, _address(request))
        return Visit(request, self.prefix, self._templates, api, token is not None, session)

    async def _renewed(self, request: Request, refresh: str) -> Mapping[str, Any] | None:
        """A refresh token serves once: requests that come with it together share what it gives."""
        known = hashlib.sha256(refresh.encode()).hexdigest()
        if known not in self._renewals:
            call = Api(request.app, None, _address(request)).send(
                "POST", self._refresh_path, {"refresh_token": refresh}
            )
            self._renewals[known] = asyncio.create_task(call)
            asyncio.get_running_loop().call_later(_REMEMBERED, self._renewals.pop, known, None)
        try:
            told: Mapping[str, Any] = await asyncio.shield(self._renewals[known])
        except Refused:
            return None
        return told


def _cookie(prefix: str, name: str) -> str:
    return f"sealbridge-{prefix.strip('/')}-{name}"


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
