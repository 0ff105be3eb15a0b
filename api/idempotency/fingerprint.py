"""What a call was, without keeping it: an HMAC of its method, address and body."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Final

_BOUNDARY: Final = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)
_ANY: Final = b"boundary"


class Fingerprint:
    """Fed with a body as it passes. ``key``: of the server; a body may hold a PIN, which could be guessed
    from a mere hash."""

    def __init__(self, key: bytes, method: str, target: str, content_type: str) -> None:
        self._mac = hmac.new(key, f"{method} {target}\n".encode(), hashlib.sha256)
        # A client that builds its form anew draws another boundary for the same content.
        found = _BOUNDARY.search(content_type) if content_type.lower().startswith("multipart/") else None
        self._boundary = found[1].encode() if found else b""
        self._held = b""

    def update(self, part: bytes) -> None:
        """Another part of the body."""
        if not self._boundary:
            self._mac.update(part)
            return
        *whole, rest = (self._held + part).split(self._boundary)
        for one in whole:
            self._mac.update(one + _ANY)
        # The end of this part may be the beginning of a boundary.
        keep = len(self._boundary) - 1
        self._mac.update(rest[: max(len(rest) - keep, 0)])
        self._held = rest[max(len(rest) - keep, 0) :]

    def hexdigest(self) -> str:
        """Of everything, at its end."""
        self._mac.update(self._held)
        self._held = b""
        return self._mac.hexdigest()
