"""The digest of a request: what QR code, phone, answer and journal are bound to. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from mobile_bridge.canonical import canonical


def request_digest(platform: str, origin: str, asked: Mapping[str, Any]) -> str:
    """SHA-256, hexadecimal, of a request as its platform sent it, with platform and origin put in."""
    return hashlib.sha256(canonical({**asked, "platform": platform, "origin": origin})).hexdigest()


def short(digest: str) -> str:
    """What people compare: four groups of four hexadecimal digits."""
    return " ".join(digest[at : at + 4] for at in range(0, 16, 4)).upper()
