"""A platform's page that waits: its HTTP calls, and its reading of Server-Sent Events."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import httpx

from mobile_bridge.server.scans import CreatedScan
from tests.mobile_bridge.scans.conftest import ORIGIN


class Page:
    """One browser's page. ``origin``: what the browser says, None for a caller that is none."""

    opened: ClassVar[list[httpx.Client]] = []

    def __init__(self, server: str, made: CreatedScan, origin: str | None = ORIGIN) -> None:
        self.path = f"/scan/v1/sessions/{made.id}"
        headers = {"Authorization": f"Bearer {made.wait_token}"}
        if origin is not None:
            headers["Origin"] = origin
        self.http = httpx.Client(base_url=server, headers=headers, timeout=40, trust_env=False)
        self.opened.append(self.http)

    def wait(self, after: int = 0, **more: Any) -> httpx.Response:
        return self.http.get(self.path, params={"after": after}, **more)

    @contextmanager
    def events(self) -> Iterator[Iterator[dict[str, Any]]]:
        with self.http.stream("GET", f"{self.path}/events") as answer:
            assert answer.status_code == 200, answer.read()
            assert answer.headers["content-type"].startswith("text/event-stream")
            yield _states(answer)


def _states(answer: httpx.Response) -> Iterator[dict[str, Any]]:
    name = ""
    for line in answer.iter_lines():
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        if field == "data":
            assert name == "state"
            yield json.loads(value)


def soon(seconds: float, act: Callable[[], object]) -> threading.Thread:
    """Do something a little later, in a thread."""

    def work() -> None:
        time.sleep(seconds)
        act()

    thread = threading.Thread(target=work)
    thread.start()
    return thread
