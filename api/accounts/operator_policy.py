"""How operators sign in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class OperatorPolicy:
    """``public_url``: the site that passkeys belong to. ``idle``: how long a session lives while nothing is
    done. ``passkey_required``: without a passkey nothing can be done but to add one."""

    public_url: str = "http://localhost:8000"
    idle: timedelta = timedelta(minutes=30)
    passkey_required: bool = False

    @property
    def origin(self) -> str:
        """What the browser must have been on (WebAuthn, section 13.4.9)."""
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def rp_id(self) -> str:
        """The relying party: the host, without its port."""
        return urlsplit(self.public_url).hostname or ""
