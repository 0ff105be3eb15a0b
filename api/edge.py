"""The outermost layer of the web application: request id, size limit, security headers, access log."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import BodyTooLarge
from api.logs import log
from api.metrics.meters import Meters
from api.plain_routes import pattern_of
from api.problems import problem, unforeseen
from ca.audit.event import Actor, acting
from hsm.errors import SealBridgeError

_REQUEST_ID: Final = re.compile(r"[0-9A-Za-z_-]{8,64}")

# Only our own style sheets and pictures: no script, nothing inline, no frames, no other origin.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS: Final = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_NO_DIALECTS: Final[Mapping[str, Telling]] = MappingProxyType({})
_KIB: Final = 1024
# By the kind of content that an address reads; each handler checks its own, narrower limit again.
_FORM: Final = "multipart/form-data"
_LIMITS: Final = {
    _FORM: 66 * _KIB * _KIB,
    "application/pdf": 64 * _KIB * _KIB,
    "image/jpeg": 10 * _KIB * _KIB,
    "image/png": 10 * _KIB * _KIB,
    "application/octet-stream": 10 * _KIB * _KIB,
}
_DEFAULT_LIMIT: Final = 256 * _KIB
# Where a large document comes it goes to a file at once (``api.spooled``).
_DOCUMENT: Final = re.compile(r"/v1/certificates/[0-9A-Fa-f]{1,40}/seals")
_DOCUMENT_LIMIT: Final = 258 * _KIB * _KIB


Telling = Callable[[SealBridgeError], ASGIApp]
"""An error as a response."""


class Edge:
    """Wraps an ASGI application; an error that nobody foresaw ends here as a problem with status 500.

    ``dialects``: how errors are told below a path that has words of its own for them.
    """

    def __init__(self, app: ASGIApp, meters: Meters, dialects: Mapping[str, Telling] = _NO_DIALECTS) -> None:
        self._app = app
        self._meters = meters
        self._dialects = dialects

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told = (tell for path, tell in self._dialects.items() if scope["path"].startswith(path))
        await _Exchange(self._app, scope, receive, send, self._meters, next(told, problem)).run()


class _Exchange:
    """One request and its response."""

    def __init__(
        self, app: ASGIApp, scope: Scope, receive: Receive, send: Send, meters: Meters, tell: Telling
    ) -> None:
        self._app, self._scope, self._receive, self._send = app, scope, receive, send
        self._meters, self._told = meters, tell
        headers = dict(reversed(scope["headers"]))  # the first of a name counts; names are in lower case
        given = headers.get(b"x-request-id", b"").decode("latin-1")
        self._id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        kind = headers.get(b"content-type", b"").partition(b";")[0].decode("latin-1")
        self._limit = limit_of(scope["path"], kind.lower())
        self._declared = headers.get(b"content-length", b"").decode("latin-1")
        self._received = 0
        self._status = 0

    async def run(self) -> None:
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=self._id)
        client = self._scope.get("client")
        acting.set(Actor("anonymous", "", client[0] if client else "", self._id))
        began = time.perf_counter()
        try:
            await self._serve()
        finally:
            self._tell(time.perf_counter() - began)

    async def _serve(self) -> None:
        try:
            if self._declared.isdigit() and int(self._declared) > self._limit:
                raise BodyTooLarge(f"at most {self._limit} bytes are taken here")
            await self._app(self._scope, self._limited, self._with_headers)
        except ClientDisconnect:
            log.info("client_went_away")
        except BodyTooLarge as error:
            await self._answer_if_unanswered(self._told(error))
        except Exception as error:
            await self._answer_if_unanswered(self._told(unforeseen(error)))

    async def _answer_if_unanswered(self, response: ASGIApp) -> None:
        if not self._status:
            await response(self._scope, self._receive, self._with_headers)

    async def _limited(self) -> Message:
        message = await self._receive()
        self._received += len(message.get("body", b""))
        if self._received > self._limit:
            raise BodyTooLarge(f"at most {self._limit} bytes are taken here")
        return message

    async def _with_headers(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            given = [one for one in message.get("headers", ()) if one[0] != b"x-request-id"]
            names = {name for name, _ in given}
            ours = [one for one in _HEADERS if one[0] not in names]
            message["headers"] = [*given, (b"x-request-id", self._id.encode()), *ours]
        await self._send(message)

    def _tell(self, seconds: float) -> None:
        # The route's pattern, never the path itself: a path may hold a one-use address.
        route = getattr(self._scope.get("route"), "path", None) or pattern_of(self._scope.get("endpoint"))
        method = self._scope["method"]
        self._meters.requested(method if method in _METHODS else "other", route, self._status, seconds)
        log.info(
            "request",
            method=method,
            route=route,
            status=self._status,
            milliseconds=round(seconds * 1000, 1),
        )


def limit_of(path: str, kind: str) -> int:
    """How many bytes a body of this media type may have at a path."""
    if kind == _FORM and _DOCUMENT.fullmatch(path):
        return _DOCUMENT_LIMIT
    return _LIMITS.get(kind, _DEFAULT_LIMIT)
