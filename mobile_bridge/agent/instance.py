"""One agent for each user: a later start finds the running one and shows its page.

The running agent leaves its port and a random secret in the user's own folder. Whoever listens on that port
must prove that it knows the secret before a browser is sent there: after a crash the port may be anybody's.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import threading
import time
import webbrowser
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import httpx

PATH: Final = "/instance"
_WAITS: Final = (0.0, 0.3, 0.7)  # another start may be a moment ahead of us
_LONGEST_CHALLENGE: Final = 64


@dataclass(frozen=True, slots=True)
class Instance:
    """The running agent as its user's folder names it."""

    port: int
    secret: str

    @classmethod
    def begin(cls, file: Path, port: int) -> Self:
        """Leave the mark of this process, readable for this user alone."""
        instance = cls(port, secrets.token_hex(32))
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh = file.with_suffix(f".{os.getpid()}")
        with open(
            os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii"
        ) as made:
            json.dump({"port": instance.port, "secret": instance.secret}, made)
        fresh.replace(file)
        return instance

    def end(self, file: Path) -> None:
        """Take the mark away, if it still is this one's."""
        if _read(file) == self:
            file.unlink(missing_ok=True)

    @property
    def url(self) -> str:
        """Its page."""
        return f"http://127.0.0.1:{self.port}/"

    def proof(self, challenge: str) -> str:
        """What only this agent and its user's own programs can answer."""
        told = challenge[:_LONGEST_CHALLENGE].encode()
        return hmac.new(self.secret.encode(), told, hashlib.sha256).hexdigest()

    def is_alive(self) -> bool:
        """Whether the agent that left this mark answers on its port."""
        challenge = secrets.token_hex(16)
        try:
            answer = httpx.get(
                self.url.rstrip("/") + PATH, params={"challenge": challenge}, timeout=3.0, trust_env=False
            )
        except httpx.HTTPError:
            return False
        return hmac.compare_digest(answer.text.encode(), self.proof(challenge).encode())


def running(file: Path, *, patiently: bool = False) -> Instance | None:
    """The agent that runs for this user; ``patiently``: or that is about to."""
    for wait in _WAITS if patiently else _WAITS[:1]:
        time.sleep(wait)
        found = _read(file)
        if found is not None and found.is_alive():
            return found
    return None


def show(url: str, *, wait: bool = False) -> None:
    """Open a page in the user's browser; ``wait``: until that was asked of it, before a program ends."""
    asking = threading.Thread(target=webbrowser.open, args=(url,), daemon=True)
    asking.start()
    if wait:
        asking.join(10)


def _read(file: Path) -> Instance | None:
    try:
        told = json.loads(file.read_text(encoding="ascii"))
        return Instance(int(told["port"]), str(told["secret"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
