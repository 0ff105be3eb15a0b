"""What all routes of pages have in common: errors as pages, and changes from these pages alone."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from api.errors import RequestInvalid
from api.web.calls import Refused
from api.web.visits import NotSignedIn, Visit

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    # With no-referrer a form would be sent with the origin "null", which is anybody's.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}
_SAFE: Final = frozenset({"GET", "HEAD"})
_ENDED: Final = frozenset({"not_signed_in", "refresh_refused"})

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class PageRoute(APIRoute):
    """A page, or a form that is sent from one. Its dependency leaves the visit in ``request.state``."""

    def get_route_handler(self) -> Handler:
        """The handler with the errors of pages around it."""
        serve = super().get_route_handler()

        async def handler(request: Request) -> Response:
            if request.method not in _SAFE and not _is_own(request):
                response: Response = Response("来自其他网站的请求已被拒绝", HTTPStatus.FORBIDDEN)
            else:
                response = await _guarded(serve, request)
            for name, value in _HEADERS.items():
                response.headers.setdefault(name, value)
            return response

        return handler


async def _guarded(serve: Handler, request: Request) -> Response:
    try:
        return await serve(request)
    except NotSignedIn:
        return _visit(request).to_sign_in()
    except Refused as refused:
        if refused.code in _ENDED:
            return _visit(request).to_sign_in()
        return _visit(request).page("problem.html", refused.status, problem=refused)
    except RequestValidationError:
        said = {"code": RequestInvalid.code, "message": "填写的内容不完整或格式不正确，请返回核对"}
        problem = Refused(said, HTTPStatus.UNPROCESSABLE_ENTITY)
        return _visit(request).page("problem.html", problem.status, problem=problem)


def _visit(request: Request) -> Visit:
    found: Visit = request.state.visit
    return found


def _is_own(request: Request) -> bool:
    """Whether a page of ours sent it. Browsers say so (Fetch Metadata), or say the origin (RFC 6454)."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc == request.headers.get("host")
