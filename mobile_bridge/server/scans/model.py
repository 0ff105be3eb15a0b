"""A scan as it was read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mobile_bridge.server.rules import SessionKind, Status
from mobile_bridge.server.scans.rules import Hint, hint_of, is_overdue


@dataclass(frozen=True, slots=True)
class CreatedScan:
    """A new scan. ``wait_token``: what the page that waits shows; told once, kept nowhere."""

    id: str
    wait_token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a scan stands and what its QR code binds, without what may be large.

    ``platform``: who asked; ``origin``: of the page that waits, as browsers write it; ``digest``: SHA-256 of
    the request; ``failure``: the code of what ended it; ``note``: how the last try to approve ended;
    ``approval_until``: when the approval under way loses its turn; ``version``: the count of its events.
    """

    id: str
    kind: SessionKind
    platform: str
    status: Status
    origin: str
    wait_token_digest: str = field(repr=False)
    digest: str
    holder: str | None
    failure: str | None
    note: str | None
    approval_until: datetime | None
    created_at: datetime
    expires_at: datetime
    version: int

    @property
    def hint(self) -> Hint:
        """What the waiting page may tell."""
        code = self.note if self.status is Status.CLAIMED else self.failure
        return hint_of(self.status, code, is_approving=self.approval_until is not None)

    def is_overdue(self, now: datetime) -> bool:
        """Whether it is to be expired."""
        return is_overdue(self.status, self.expires_at, self.approval_until, now)


@dataclass(frozen=True, slots=True)
class Scan(Standing):
    """A scan with its request and its answer. ``reason``: what the holder said to a refusal."""

    request: dict[str, Any] = field(repr=False)
    answer: dict[str, Any] | None = field(repr=False)
    reason: str | None
