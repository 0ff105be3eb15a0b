"""Which servers may put a task before this PC's locks: an address to reach, and a list that people extend."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from mobile_bridge.agent.errors import AddressMalformed, ServerInsecure
from mobile_bridge.errors import ServerNotAllowed
from mobile_bridge.wire import PAGE_PREFIX

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_ADDRESS: Final = re.compile(rf"{PAGE_PREFIX}/([0-9A-Za-z -]{{10,20}})/?")


@dataclass(frozen=True, slots=True)
class Origin:
    """A server: ``text`` is scheme, host and port, lower case, without a slash."""

    text: str
    is_loopback: bool

    @classmethod
    def parse(cls, url: str) -> Origin:
        """The origin of a URL. Raises AddressMalformed, ServerInsecure for http to another machine."""
        parts = _split(url)
        host = parts.hostname or ""
        if parts.scheme not in ("http", "https") or not host or parts.username is not None:
            raise AddressMalformed("not a plain http or https URL")
        is_loopback = host in _LOOPBACK
        if parts.scheme == "http" and not is_loopback:
            raise ServerInsecure(f"plain http to {host}")
        shown = f"[{host}]" if ":" in host else host
        port = f":{parts.port}" if parts.port else ""
        return cls(f"{parts.scheme}://{shown}{port}", is_loopback)


def read_signing_url(url: str) -> tuple[Origin, str]:
    """Server and address from ``https://host/pc/XXXXX-XXXXX``. Raises as ``Origin.parse``."""
    found = _ADDRESS.fullmatch(_split(url).path)
    if found is None:
        raise AddressMalformed(f"no {PAGE_PREFIX}/XXXXX-XXXXX in the URL")
    return Origin.parse(url), found[1]


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        parts.port  # noqa: B018 - checked when read
    except ValueError as error:
        raise AddressMalformed("not a URL") from error
    return parts


def read_page_path(path: str) -> str:
    """The path of a server's own signing page, else nothing: where the browser may be sent back to."""
    return path if _ADDRESS.fullmatch(path) else ""


class KnownServers:
    """The servers that may ask: those of the settings, and those that somebody at this PC has allowed.

    ``asks``: whether somebody may allow others; ``file`` is where those are kept.
    """

    def __init__(self, file: Path, given: Iterable[Origin] = (), *, asks: bool = True) -> None:
        self._file = file
        self._given = frozenset(each.text for each in given)
        self._asks = asks

    def knows(self, origin: Origin) -> bool:
        """Whether the server may ask. Raises ServerNotAllowed when it may not, and nobody is to be asked."""
        if origin.text in self._given or (self._asks and origin.text in self._read()):
            return True
        if not self._asks:
            raise ServerNotAllowed(f"{origin.text} is not in the settings")
        return False

    def allow(self, origin: Origin) -> None:
        """Remember the server."""
        self._write({*self._read(), origin.text})

    def forget(self, origin: Origin) -> None:
        """Ask again the next time."""
        self._write({*self._read()} - {origin.text})

    def all(self) -> list[tuple[str, bool]]:
        """Every server that may ask, and whether a person allowed it (rather than the settings)."""
        allowed = {*self._read()} - self._given if self._asks else set()
        return sorted([(each, False) for each in self._given] + [(each, True) for each in allowed])

    def _write(self, known: set[str]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(sorted(known), indent=2) + "\n", encoding="utf-8")
        fresh.replace(self._file)

    def _read(self) -> list[str]:
        try:
            return [str(each) for each in json.loads(self._file.read_text(encoding="utf-8"))]
        except (FileNotFoundError, ValueError, TypeError):
            return []  # a damaged list allows nobody
