"""uvicorn, told to let go of whoever waits before it waits for what is under way."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import uvicorn
from starlette.types import ASGIApp

_NOT_STARTED = 3  # as uvicorn's own command exits


class PatientServer(uvicorn.Server):
    """``let_go``: called in the event loop before open connections are waited for."""

    def __init__(self, config: uvicorn.Config, let_go: Callable[[], None]) -> None:
        super().__init__(config)
        self._let_go = let_go

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """A stream to a page that waits would never end by itself."""
        self._let_go()
        await super().shutdown(sockets)


def serve(app: ASGIApp, let_go: Callable[[], None], **options: Any) -> None:
    """Serve until a signal. ``let_go``: called in the event loop when it comes. ``options``: uvicorn's."""
    server = PatientServer(uvicorn.Config(app, **options), let_go)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(_NOT_STARTED)
