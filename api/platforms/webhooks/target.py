"""One POST to an address that somebody else chose: bounded in time, never into a network of ours.

The name is looked up once and the connection made to the very address that was checked, so that a name
which answers otherwise the second time (DNS rebinding) gains nothing. Nothing is followed, no proxy is
asked, and of the answer only the head is read.
"""

from __future__ import annotations

import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import httpcore
import httpx

from api.platforms.webhooks.rules import MOST_SECONDS, Outcome, is_public

Resolve = Callable[[str, int], list[str]]
"""The addresses of a host's name, for a port. Raises OSError."""

_PORTS: Final = {"https": 443, "http": 80}


class Undelivered(Exception):
    """The try ended without an answer."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class Poster:
    """Posts. ``allowed``: origins that may be at any address, written exactly, and at http."""

    def __init__(self, allowed: Collection[str] = (), resolve: Resolve | None = None) -> None:
        self._allowed = frozenset(allowed)
        self._resolve = resolve or _addresses
        self._tls = httpx.create_ssl_context()

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """The status of the answer. Raises Undelivered."""
        deadline = time.monotonic() + MOST_SECONDS
        address = self._address(url, deadline)
        network = _Pinned(address, deadline)
        fields = [(name, value) for name, value in headers.items()]
        try:
            with (
                httpcore.ConnectionPool(self._tls, max_connections=1, network_backend=network) as pool,
                pool.stream("POST", url, headers=fields, content=body) as answer,
            ):
                return answer.status
        except (httpcore.TimeoutException, TimeoutError):
            raise Undelivered(Outcome.TIMED_OUT) from None
        except (httpcore.ProtocolError, httpcore.UnsupportedProtocol, UnicodeError):
            raise Undelivered(Outcome.ANSWER_INVALID) from None
        except (httpcore.NetworkError, OSError) as error:
            is_tls = isinstance(error.__cause__ or error.__context__ or error, ssl.SSLError)
            raise Undelivered(Outcome.TLS_FAILED if is_tls else Outcome.UNREACHABLE) from None

    def _address(self, url: str, deadline: float) -> str:
        """The address to connect to. Raises Undelivered."""
        parts = urlsplit(url)
        is_allowed = f"{parts.scheme}://{parts.netloc}" in self._allowed
        if parts.scheme != "https" and not is_allowed:
            raise Undelivered(Outcome.ADDRESS_REFUSED)
        found = self._looked_up(parts.hostname or "", parts.port or _PORTS[parts.scheme], deadline)
        # One that is not ours to call makes all of them suspect.
        if not is_allowed and not all(map(is_public, found)):
            raise Undelivered(Outcome.ADDRESS_REFUSED)
        return found[0]

    def _looked_up(self, host: str, port: int, deadline: float) -> list[str]:
        """The system's resolver knows no time limit: it is asked in a thread that may be left behind."""
        answers: queue.SimpleQueue[list[str] | None] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answers.put(self._resolve(host, port))
            except (OSError, UnicodeError):
                answers.put(None)

        threading.Thread(target=ask, name="webhook-name", daemon=True).start()
        try:
            found = answers.get(timeout=max(deadline - time.monotonic(), 0))
        except queue.Empty:
            raise Undelivered(Outcome.TIMED_OUT) from None
        if not found:
            raise Undelivered(Outcome.NAME_UNKNOWN)
        return found


def _addresses(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


class _Pinned(httpcore.NetworkBackend):
    """Connects to one address, whatever name is asked for, and ends at one moment.

    The name stays in the Host field and in TLS, where the certificate must be for it.
    """

    def __init__(self, address: str, deadline: float) -> None:
        self._address = address
        self._deadline = deadline
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the address."""
        left = _left(self._deadline)
        stream = self._network.connect_tcp(self._address, port, left, local_address, socket_options)
        return _Bounded(stream, self._deadline)


class _Bounded(httpcore.NetworkStream):
    """A connection whose every step must be done by one moment: drops that come in time add up to nothing."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Up to so many octets."""
        return self._stream.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All of it."""
        self._stream.write(buffer, _left(self._deadline))

    def close(self) -> None:
        """The end."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The same connection, encrypted."""
        secured = self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline))
        return _Bounded(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """What is known of the connection."""
        return self._stream.get_extra_info(info)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the time for the try is over")
    return left
