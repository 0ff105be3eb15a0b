"""HTTP/1.1 by httptools, with a bound on what a caller may send before it means anything.

httptools (the parser of Node.js) takes a quarter of h11's time for a request, but keeps a head of any length
in memory until it ends. Here the connection is closed before.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD: Final = 64 * 1024
"""Octets that may come, apart from the last that were read at once, without ending a head or being a body."""


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's protocol; heads, the trailers of chunked bodies and chunk extensions are bounded."""

    _pending = 0
    _in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A caller has come."""
        super().connection_made(transport)
        self.transport = _Joining(transport, self.loop)  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Parse what has come; refuse the caller when it leads nowhere (RFC 9110, section 5.4)."""
        self._pending += len(data)
        super().data_received(data)
        if self._pending > MAX_HEAD and not self.transport.is_closing():
            self.send_400_response("The head of the request is too long.")

    def on_message_begin(self) -> None:
        """A request begins."""
        self._in_head = True
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the head; those of a trailer are none (RFC 9110, section 6.5.1) and left out."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head has ended."""
        self._pending, self._in_head = 0, False
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body, which the application bounds."""
        self._pending = 0
        super().on_body(body)


class _Joining:
    """A transport that writes the head of an answer together with what follows it.

    Each write is a call of the system and wakes the caller, the first one for nothing.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Hold the first part until the next one comes, or until nobody has more to say."""
        if self._held:
            data, self._held = self._held + data, b""
            self._transport.write(data)
        else:
            self._held = data
            self._loop.call_soon(self._flush)

    def close(self) -> None:
        """Write what is held, and close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._held and not self._transport.is_closing():
            self._transport.write(self._held)
        self._held = b""
