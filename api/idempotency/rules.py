"""Which answers are kept, and for how long. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from api.idempotency.errors import KeyInvalid

KEPT: Final = timedelta(hours=24)
LEASE: Final = timedelta(seconds=60)
"""How long a call may be silent before its key is free again: its process has died."""

MOST_BYTES: Final = 1024 * 1024
"""Of an answer that is kept."""

_LONGEST_KEY: Final = 255
SECRETS: Final = frozenset(
    {"token", "access_token", "refresh_token", "session_token", "secret", "password", "pin", "client_secret"}
)
"""Names of fields whose answers are never kept."""

# A try of a PIN counts. Every other refusal has changed nothing and may as well be tried again.
_COUNTED: Final = frozenset({"pin_wrong"})


def check_key(header: str) -> str:
    """The key in an ``Idempotency-Key`` header, with or without the draft's quotes. Raises KeyInvalid."""
    key = header.strip()
    if len(key) >= 2 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if not 1 <= len(key) <= _LONGEST_KEY or not all("!" <= letter <= "~" for letter in key):
        raise KeyInvalid("1 to 255 visible ASCII characters are expected")
    return key


def is_kept(status: int, media_type: str, body: bytes) -> bool:
    """Whether the answer is given again when the call is repeated. One with a secret in it never is."""
    told = _read(body) if "json" in media_type else None
    if 200 <= status < 300:
        return not any(name in SECRETS for name in _names(told))
    return isinstance(told, dict) and told.get("code") in _COUNTED


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _names(told: Any) -> Iterator[str]:
    """Every name of a field, however deep."""
    if isinstance(told, dict):
        for name, value in told.items():
            yield str(name).lower()
            yield from _names(value)
    elif isinstance(told, list):
        for one in told:
            yield from _names(one)
