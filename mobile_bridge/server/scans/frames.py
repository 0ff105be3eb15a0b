"""QR frames: an address with a MAC that changes every second, under a key that never leaves the server.

The MAC binds session, second, platform, kind and the digest of the request: a QR code cannot be turned into
one for another site or another act, and a photo of one is of no use a few seconds later.
"""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mobile_bridge.errors import QrMalformed
from mobile_bridge.server.scans.model import Standing

PATH: Final = "/q"
"""Under it, what an ordinary camera opens: ``<server>/q/<session>.<second>.<MAC>``."""

_MAC_BYTES: Final = 16
_FRAME: Final = re.compile(r"([0-9a-f]{32})\.(0|[1-9][0-9]{0,5})\.([A-Za-z0-9_-]{22})")


@dataclass(frozen=True, slots=True)
class Frame:
    """What a QR code says. ``second``: since the creation of the session."""

    session_id: str
    second: int
    mac: str


class Frames:
    """Makes and judges QR frames. ``key``: of the server, 32 bytes; every session has one derived from it."""

    def __init__(self, key: bytes, public_url: str) -> None:
        self._key = key
        self._prefix = f"{public_url.rstrip('/')}{PATH}/"

    def text(self, scan: Standing, second: int) -> str:
        """What the QR code of a second holds."""
        return f"{self._prefix}{scan.id}.{second}.{self._mac(scan, second)}"

    def read(self, text: str) -> Frame:
        """The frame in a text that was scanned. Raises QrMalformed."""
        text = text.strip()
        found = _FRAME.fullmatch(text.removeprefix(self._prefix)) if text.startswith(self._prefix) else None
        if found is None:
            raise QrMalformed("not a QR code of this server")
        return Frame(found[1], int(found[2]), found[3])

    def is_genuine(self, frame: Frame, scan: Standing) -> bool:
        """Whether this server made the frame for this session."""
        return hmac.compare_digest(frame.mac, self._mac(scan, frame.second))

    def _mac(self, scan: Standing, second: int) -> str:
        # HKDF's expand step (RFC 5869, section 2.3) of one block: the server's key is uniformly random.
        key = hmac.digest(self._key, b"scan qr|" + scan.id.encode() + b"\x01", "sha256")
        bound = f"{scan.id}|{second}|{scan.platform}|{scan.kind}|{scan.digest}"
        mac = hmac.digest(key, bound.encode(), "sha256")[:_MAC_BYTES]
        return base64.urlsafe_b64encode(mac).rstrip(b"=").decode("ascii")


def elapsed(scan: Standing, now: datetime) -> float:
    """Seconds since the creation."""
    return (now - scan.created_at).total_seconds()
