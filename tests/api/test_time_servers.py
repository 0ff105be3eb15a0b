"""Time servers that speak NTP on a local socket."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from api.diagnosis import surroundings
from api.diagnosis.findings import Finding, Level
from api.outside.ntp import time_server
from api.settings import Settings

_1900 = 2_208_988_800  # seconds from NTP's epoch to Unix's (RFC 5905, section 6)


@contextmanager
def server(offset: float, stratum: int = 2, leap: int = 0) -> Iterator[str]:
    """A server whose clock is ``offset`` seconds ahead of ours."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.settimeout(0.1)
        stopping = threading.Event()

        def stamp(at: float) -> bytes:
            seconds, fraction = divmod(at + _1900 + offset, 1)
            return struct.pack("!II", int(seconds), int(fraction * 2**32))

        def serve() -> None:
            while not stopping.is_set():
                try:
                    asked, client = udp.recvfrom(1024)
                except TimeoutError:
                    continue
                now = time.time()
                head = struct.pack("!BBBb", leap << 6 | 4 << 3 | 4, stratum, 6, -20) + bytes(8) + b"LOCL"
                udp.sendto(head + stamp(now) + asked[40:48] + stamp(now) + stamp(time.time()), client)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{udp.getsockname()[1]}"
        finally:
            stopping.set()
            thread.join()


@pytest.mark.parametrize("offset", [0.0, 3.5, -120.0])
def test_a_server_tells_by_how_much_the_clock_is_behind(offset: float) -> None:
    with server(offset) as address:
        assert abs(time_server(address)().total_seconds() - offset) < 0.1


@pytest.mark.parametrize(
    "wrong", [lambda: server(0, stratum=16), lambda: server(0, stratum=0), lambda: server(0, leap=3)]
)
def test_a_server_without_time_counts_as_none(wrong: Callable[[], object]) -> None:
    with wrong() as address, pytest.raises(OSError, match="not synchronised"):  # type: ignore[attr-defined]
        time_server(address)()


def test_a_server_that_does_not_answer_is_an_error() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        with pytest.raises(OSError, match="No response"):
            time_server(f"127.0.0.1:{silent.getsockname()[1]}")()


def test_the_doctor_asks_them_and_says_when_there_are_none(tmp_path: Path) -> None:
    def found(*servers: str) -> list[Finding]:
        settings = Settings(data_dir=tmp_path, ntp_servers=",".join(servers))
        return list(surroundings.time_servers(settings))

    assert [one.level for one in found()] == [Level.WARNING]
    with server(0.0) as right, server(-120.0) as wrong, server(0, stratum=16) as lost:
        findings = found(right, wrong, lost)
    assert [one.level for one in findings] == [Level.GOOD, Level.FAULT, Level.FAULT]
    assert "-120" in findings[1].says
