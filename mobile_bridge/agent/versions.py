"""Which version this is, and whether a server knows of a newer one."""

from __future__ import annotations

import re
from importlib.metadata import version
from typing import Final

OWN: Final = version("sealbridge")

_NUMBERS: Final = re.compile(r"\d{1,6}(?:\.\d{1,6}){1,3}")


def newer(told: str) -> str:
    """The version that a server told of, if it is newer than this one, else nothing.

    Told is what a person shall go and fetch: only plain numbers are repeated, nothing is ever downloaded.
    """
    return told if _NUMBERS.fullmatch(told) and _key(told) > _key(OWN) else ""


def _key(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:4])
