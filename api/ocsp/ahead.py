"""OCSP answered ahead of the router: its look through all routes costs more than an answer that is ready."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from api.ocsp.answering import Answering
from ca.ocsp import Responder

PATH: Final = "/pki/ocsp"
_BELOW: Final = f"{PATH}/"
# For the access log and the meters, as a router leaves it in the scope: the pattern, not the path.
_POSTED: Final = SimpleNamespace(path=PATH)
_IN_ADDRESS: Final = SimpleNamespace(path=f"{_BELOW}{{encoded:path}}")


class OcspAhead:
    """Answers POST, GET and HEAD of the responder's addresses; hands everything else to ``app``."""

    def __init__(self, app: ASGIApp, responder: Responder) -> None:
        self._app = app
        self._answering = Answering(responder)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        path = scope.get("path", "")
        if not path.startswith(PATH) or scope["type"] != "http":
            await self._app(scope, receive, send)
        elif path == PATH and scope["method"] == "POST":
            scope["route"] = _POSTED
            await self._answering.answered(await _body(receive), send)
        elif path.startswith(_BELOW) and scope["method"] in ("GET", "HEAD"):  # the server leaves the body out
            scope["route"] = _IN_ADDRESS
            await self._answering.answered_encoded(path[len(_BELOW) :], send)
        else:  # the router says which methods there are
            await self._app(scope, receive, send)


async def _body(receive: Receive) -> bytes:
    """All of it: the edge has bounded what may come."""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)
