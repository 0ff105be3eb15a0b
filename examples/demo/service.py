"""The service of the story: set up in a fresh data folder, served on a free port, always stopped."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

_PROGRAMS = Path(sys.executable).parent


def program(name: str) -> str:
    """A command that the package installed beside this Python."""
    return str(_PROGRAMS / name)


class NotServing(Exception):
    """The server did not come up; its log is in the message."""


@contextmanager
def running(data: Path, log: Path) -> Iterator[str]:
    """Set up and serve; gives the base URL."""
    url = f"http://127.0.0.1:{_free_port()}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SOFTHSM2_")}
    set_up = [program("sealbridge"), "setup", "--data", str(data), "--public-url", url]
    serve = [program("sealbridge"), "serve", "--data", str(data), "--port", url.rpartition(":")[2]]
    with log.open("wb") as output:
        subprocess.run(set_up, stdout=output, env=environment, check=True)
        server = subprocess.Popen(
            serve, stdout=output, stderr=output, env=environment | {"SEALBRIDGE_PUBLIC_URL": url}
        )
    try:
        _wait(url, server, log)
        yield url
    finally:
        _stop(server)


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        if server.poll() is not None:
            break
        try:
            if httpx.get(f"{url}/healthz", timeout=5, trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise NotServing(f"the server did not start:\n{log.read_text(encoding='utf-8')[-3000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
