"""The hall's tool: a process of its own in which bids are opened, one for each code that is shown.

It alone has the one-use key to which the content keys come sealed, so neither the web server nor its database
ever has a key that opens a bid. It is told once what to open, does it, and ends; one that is never told ends
by itself.

    tool = HallTool()
    tool.public_key                       # for PlatformClient.decrypt
    for result in tool.open(scan, orders): ...
"""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from mobile_bridge.envelopes import EnvelopeError, open_file
from mobile_bridge.sdk import NotVerified, OpeningSession

LayerName = Literal["outer", "inner"]
PATIENCE: Final = 900
"""Seconds that a tool waits to be told; no scan lives as long."""


@dataclass(frozen=True, slots=True)
class SealedKey:
    """The content key of a layer on its way: ``envelope`` is the id it was asked for by."""

    envelope: str
    sealed: str


@dataclass(frozen=True, slots=True)
class Order:
    """One envelope to open. Without ``inner``, ``outer`` has the plain file in it."""

    name: str
    outer: str
    inner: str | None
    plain: str
    keys: dict[LayerName, SealedKey] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Result:
    """``opened``: whether the plain file is there; ``told``: what became of it, for people."""

    name: str
    opened: bool
    told: str


class HallTool:
    """One such process, with a fresh key, seen from the web server."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "examples.trading_centre.hall"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, text=True, stdin=pipe, stdout=pipe)  # noqa: S603
        self.public_key = base64.b64decode(json.loads(next(self._told()))["public_key"])

    @property
    def is_waiting(self) -> bool:
        """Whether it can still be told what to open."""
        return self._process.poll() is None

    def open(self, scan: str, orders: Sequence[Order]) -> Iterator[Result]:
        """Open envelopes, each with its own result; once."""
        with self._process as process, suppress(BrokenPipeError):
            print(
                json.dumps({"scan": scan, "orders": list(map(asdict, orders))}),
                file=process.stdin,
                flush=True,
            )
            for line in self._told():
                yield Result(**json.loads(line))

    def _told(self) -> Iterator[str]:
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        yield from iter(self._process.stdout.readline, "")


def main() -> None:
    """What the process does."""
    signal.alarm(PATIENCE)
    session = OpeningSession.new()
    _tell({"public_key": base64.b64encode(session.public_key).decode()})
    line = sys.stdin.readline()
    signal.alarm(0)
    if not line:
        return
    asked = json.loads(line)
    for one in asked["orders"]:
        keys = {layer: SealedKey(**key) for layer, key in one.pop("keys").items()}
        _tell(asdict(_opened(session, asked["scan"], Order(**one, keys=keys))))


def _opened(session: OpeningSession, scan: str, order: Order) -> Result:
    try:
        keys = {
            layer: session.open_sealed_key(scan, key.envelope, key.sealed)
            for layer, key in order.keys.items()
        }
        return _open(order, keys)
    except EnvelopeError as error:
        return Result(order.name, False, f"未解密：{error.message}（{error.code}）")
    except NotVerified as error:
        return Result(order.name, False, f"未解密：{error.message}（{error.code}）")


def _open(order: Order, keys: dict[LayerName, bytes]) -> Result:
    outer, plain = Path(order.outer), Path(order.plain)
    plain.parent.mkdir(exist_ok=True)
    if order.inner is None:
        return Result(order.name, True, f"已解密，{open_file(outer, keys['outer'], plain)} 字节")
    inner = Path(order.inner)
    if "outer" in keys:
        open_file(outer, keys["outer"], inner)
    if "inner" not in keys:
        return Result(order.name, False, "外层已解密，待招标人解密内层")
    if not inner.exists():
        return Result(order.name, False, "内层待外层解密后解密")
    return Result(order.name, True, f"已解密，{open_file(inner, keys['inner'], plain)} 字节")


def _tell(told: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
