"""A light client: requests that were built before, over a few connections that stay open, in one thread.

What a client spends, the server on the same cores does not have; Python's own HTTP clients spend as much on
a request as a server does. This one writes octets, waits for as many as the answer says it has, and compares
its beginning with a good answer's.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable
from urllib.parse import urlsplit

_GOOD = b"HTTP/1.1 200 "
_LENGTH = b"\r\ncontent-length: "


class Connection:
    """One connection with one request under way."""

    def __init__(self, address: tuple[str, int], request: Callable[[], bytes]) -> None:
        self._request = request
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._got = b""

    def ask(self) -> None:
        self.socket.sendall(self._request())

    def answered(self) -> bool:
        """Read what has come; whether the answer is whole."""
        self._got += self.socket.recv(65536)
        head, end, body = self._got.partition(b"\r\n\r\n")
        if not end:
            return False
        assert head.startswith(_GOOD), self._got
        if len(body) < int(head.partition(_LENGTH)[2].partition(b"\r\n")[0]):
            return False
        self._got = b""
        return True


def http_request(url: str, method: str, path: str, body: bytes) -> bytes:
    """The octets of a request."""
    head = f"{method} {path} HTTP/1.1\r\nhost: {urlsplit(url).netloc}\r\naccept: */*\r\n"
    if body:
        head += f"content-type: application/ocsp-request\r\ncontent-length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def asked(url: str, request: Callable[[], bytes], connections: int, seconds: float) -> int:
    """How many requests were answered in ``seconds``."""
    where = urlsplit(url)
    assert where.hostname is not None
    assert where.port is not None
    waiting = selectors.DefaultSelector()
    opened = [Connection((where.hostname, where.port), request) for _ in range(connections)]
    for one in opened:
        waiting.register(one.socket, selectors.EVENT_READ, one)
        one.ask()
    count, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        for key, _ in waiting.select(1.0):
            if key.data.answered():
                count += 1
                key.data.ask()
    for one in opened:
        one.socket.close()
    return count
