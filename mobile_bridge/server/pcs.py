"""What the phone is told of the PC that claimed a session: a person must tell whether it is theirs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

MOST: Final = 40
"""Characters of a program's description."""

_PROGRAMS: Final = (
    # The more special first: Edge says Chrome too, Chrome says Safari too.
    ("sealbridge-agent/", "签章程序"),
    ("Edg/", "Edge 浏览器"),
    ("Firefox/", "Firefox 浏览器"),
    ("Chrome/", "Chrome 浏览器"),
    ("Safari/", "Safari 浏览器"),
)
_SYSTEMS: Final = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class ClaimedPc:
    """``number``: two digits that the PC shows too; ``program``: what it says of itself, no proof.

    ``confirmed``: whether the phone has said yes to it.
    """

    number: str
    program: str
    confirmed: bool


def program_of(user_agent: str) -> str:
    """A browser and its system in words, from a User-Agent header (RFC 9110, section 10.1.5)."""
    program = next((name for mark, name in _PROGRAMS if mark in user_agent), "未知程序")
    system = next((name for mark, name in _SYSTEMS if re.search(rf"\b{mark}\b", user_agent)), "")
    return f"{program}，{system}" if system else program


def number_of(task_token_digest: str) -> str:
    """Two digits that follow from the claim: phone and PC show the same ones, another PC most likely not."""
    return f"{int(task_token_digest[:12], 16) % 100:02d}"
