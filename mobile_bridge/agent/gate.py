"""What stands before the agent's page: nothing is done for a request that another site could have made.

A page anywhere can make a browser call loopback, under the agent's own name (a link, a form) or under
a name of its own that it lets point to 127.0.0.1 (DNS rebinding). So the Host must be ours, whatever else
is asked, and what changes anything must come from our own page by its Origin.
"""

from __future__ import annotations

import contextlib
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mobile_bridge.agent.logs import log, log_unexpected

_SAFE: Final = frozenset({"GET", "HEAD"})
_MAX_BODY: Final = 16 * 1024
_HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; frame-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    # Not "no-referrer": under it browsers send "Origin: null" with our own forms (Fetch, 3.2).
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}


class Gate:
    """Lets through what the agent's own page on ``port`` asks; everything else ends here."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        refusal = self._refusal(scope["method"], Headers(scope=scope))
        if refusal:
            log.warning("request refused: %s", refusal)
        answer = PlainTextResponse(refusal, 403) if refusal else self._app

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await answer(scope, receive, with_headers)
        except Exception as error:  # not to the console: its text may hold what a form held
            log_unexpected(error)
            with contextlib.suppress(RuntimeError):  # half an answer may be out
                await PlainTextResponse("签章程序内部错误，请重试", 500)(scope, receive, with_headers)

    def _refusal(self, method: str, headers: Headers) -> str | None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return "foreign Host"
        if method in _SAFE:
            return None
        if headers.getlist("origin") != [f"http://{hosts[0]}"]:
            return "foreign Origin"
        length = headers.get("content-length", "")
        if not length.isdigit() or int(length) > _MAX_BODY:
            return "too large"
        return None
