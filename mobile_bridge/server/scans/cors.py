"""Cross-origin access to waits (CORS, https://fetch.spec.whatwg.org/#http-cors-protocol).

The page that waits is the platform's, on another origin than ours. Each session may be read by pages of the
origin for which it was made, and by no others; cookies play no part. Wrapped around the whole application,
so that a page can read refusals as well.
"""

from __future__ import annotations

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mobile_bridge.server.scans.routes import PREFIX
from mobile_bridge.server.scans.waiting import WaitingRoom

_ALLOWED: Final = (
    (b"access-control-allow-methods", b"GET"),
    (b"access-control-allow-headers", b"authorization"),
    (b"access-control-max-age", b"600"),
)


class ScanCors:
    """Wraps an ASGI application."""

    def __init__(self, app: ASGIApp, room: WaitingRoom) -> None:
        self._app = app
        self._room = room

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        allowed = await self._allowed(scope)
        if scope["method"] == "OPTIONS":
            await _preflight(allowed, send)
            return

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.add_vary_header("Origin")
                if allowed is not None:
                    headers["Access-Control-Allow-Origin"] = allowed
            await send(message)

        await self._app(scope, receive, telling)

    async def _allowed(self, scope: Scope) -> str | None:
        """The origin that asks, where it may."""
        origin = Headers(scope=scope).get("origin")
        if origin is None:
            return None
        session_id = scope["path"].removeprefix(PREFIX).partition("/")[0]
        return origin if origin == await self._room.origin_of(session_id) else None


async def _preflight(allowed: str | None, send: Send) -> None:
    """204 in any case: what is not allowed lacks the fields that would say so."""
    headers = [(b"vary", b"Origin")]
    if allowed is not None:
        headers += [(b"access-control-allow-origin", allowed.encode("latin-1")), *_ALLOWED]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body"})
