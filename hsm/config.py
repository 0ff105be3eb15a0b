"""How to reach one token. Read from settings by the composition root; frozen from then on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hsm.sm2.table import Sm2Mechanisms

PinSource = Callable[[], str]
"""Gives the user PIN when a login needs it; the PIN itself is not kept by this package."""


@dataclass(frozen=True, slots=True)
class TokenConfig:
    """A token, chosen by label, serial or both: slot numbers change and are never used.

    ``pool_size``: sessions used at once, as many as the device works on in parallel.
    ``wait_seconds``: how long a caller waits for a free session before TokenBusy. ``sm2``: the numbers under
    which the module does SM2, None where it does not.
    """

    module: Path
    label: str | None = None
    serial: str | None = None
    pool_size: int = 8
    wait_seconds: float = 10.0
    sm2: Sm2Mechanisms | None = None


def pin_from_file(path: Path) -> PinSource:
    """A PIN kept in a file of its own (mode 0600), read anew at each login."""
    return lambda: path.read_text(encoding="utf-8").strip()
