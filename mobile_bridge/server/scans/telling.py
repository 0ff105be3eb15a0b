"""What a waiting page is told: where the session stands, and the QR codes of the seconds to come."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Final

from mobile_bridge.server.rules import Status
from mobile_bridge.server.scans.frames import Frames, elapsed
from mobile_bridge.server.scans.model import Standing
from mobile_bridge.server.scans.rules import Hint

FRESH_SECONDS: Final = 5.0
"""How long frames are shown before the next ones are told."""

_SPARE_SECONDS: Final = 4  # an answer on its way, and a retry


@dataclass(frozen=True, slots=True)
class FrameToShow:
    """``url``: what the QR code is to hold; ``in_ms``: when to show it, from the receipt of the answer."""

    in_ms: int
    url: str


@dataclass(frozen=True, slots=True)
class ScanState:
    """``version``: give it as ``after``; ``expires_at``: RFC 3339, UTC; ``frames``: while it is created."""

    status: Status
    hint: Hint
    version: int
    expires_at: str
    frames: list[FrameToShow]


def told(standing: Standing, frames: Frames, now: datetime) -> ScanState:
    """What to tell of a session."""
    return ScanState(
        standing.status,
        standing.hint,
        standing.version,
        standing.expires_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        _to_come(standing, frames, now) if standing.status is Status.CREATED else [],
    )


def as_json(state: ScanState) -> str:
    """The state as one line of JSON."""
    return json.dumps(asdict(state), separators=(",", ":"))


def now_shown(standing: Standing, frames: Frames, now: datetime) -> str:
    """What the QR code of this second holds."""
    return frames.text(standing, int(elapsed(standing, now)))


def _to_come(standing: Standing, frames: Frames, now: datetime) -> list[FrameToShow]:
    since = elapsed(standing, now)
    first = int(since)
    seconds = range(first, first + int(FRESH_SECONDS) + _SPARE_SECONDS)
    return [FrameToShow(max(0, round((one - since) * 1000)), frames.text(standing, one)) for one in seconds]
