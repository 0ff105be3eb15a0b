"""JSON in the one way in which it is digested, after RFC 8785: keys sorted, no spaces, UTF-8, whole numbers
without a fraction. Standard library only: the server, the SDK and the tools all stand on it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def canonical(value: Any) -> bytes:
    """``value`` in the one way in which it is written."""
    told = json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return told.encode()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
