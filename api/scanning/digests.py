"""The digest of a request: what QR code, phone, answer and journal are bound to. Pure.

Canonical JSON in the manner of RFC 8785: keys sorted, no spaces, UTF-8, whole numbers without a fraction.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def canonical(value: Any) -> bytes:
    """``value`` in the one way in which it is written."""
    told = json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return told.encode()


def request_digest(platform: str, origin: str, asked: Mapping[str, Any]) -> str:
    """SHA-256, hexadecimal, of a request as its platform sent it, with platform and origin put in."""
    return hashlib.sha256(canonical({**asked, "platform": platform, "origin": origin})).hexdigest()


def short(digest: str) -> str:
    """What people compare: four groups of four hexadecimal digits."""
    return " ".join(digest[at : at + 4] for at in range(0, 16, 4)).upper()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
