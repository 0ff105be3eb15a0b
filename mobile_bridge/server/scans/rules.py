"""What holds for scans: hints, lifetimes, when a QR frame is accepted. Standard library only, no clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from mobile_bridge.server.rules import SUPERSEDED, Status


class Hint(StrEnum):
    """What a waiting page may tell about a session: a closed list."""

    OUTSTANDING = "outstanding"
    CLAIMED = "claimed"
    APPROVING = "approving"
    COMPLETE = "complete"
    USER_REFUSED = "user_refused"
    EXPIRED = "expired"
    SUPERSEDED = SUPERSEDED
    CANCELLED = "cancelled"
    PIN_WRONG = "pin_wrong"
    PIN_LOCKED = "pin_locked"
    CERTIFICATE_INVALID = "certificate_invalid"
    NOT_BOUND = "not_bound"
    NOT_PERMITTED = "not_permitted"
    REAL_NAME_REQUIRED = "real_name_required"
    TOKEN_UNAVAILABLE = "token_unavailable"  # noqa: S105 - a token of PKCS#11
    FAILED = "failed"


SHORTEST: Final = timedelta(seconds=60)
LONGEST: Final = timedelta(seconds=600)
LIFETIME: Final = timedelta(seconds=180)
"""From the creation to the answer, as the platform asks for it, and when it asks for nothing."""

HOLDER_TIME: Final = timedelta(seconds=120)
"""From the claim at least: whoever scans at the last moment has time to read and to type the PIN."""

APPROVAL_TURN: Final = timedelta(seconds=60)
"""How long a turn to approve lasts unless it is renewed: when it is not, its process was killed."""

LONGEST_APPROVAL: Final = timedelta(minutes=5)
"""For how long a turn is renewed: whatever takes longer hangs."""

FRAME_SECONDS: Final = 8
AHEAD_SECONDS: Final = 2
"""How long a QR frame is accepted after its second, and before it."""

_HINTS: Final = {one.value: one for one in Hint}
_BY_STATUS: Final = {
    Status.CREATED: Hint.OUTSTANDING,
    Status.CLAIMED: Hint.CLAIMED,
    Status.CONFIRMED: Hint.APPROVING,
    Status.COMPLETE: Hint.COMPLETE,
    Status.REFUSED: Hint.USER_REFUSED,
    Status.EXPIRED: Hint.EXPIRED,
    Status.CANCELLED: Hint.CANCELLED,
    Status.FAILED: Hint.FAILED,
}


def hint_named(code: str | None) -> Hint | None:
    """The hint that has the name of an error's code, if there is one."""
    return None if code is None else _HINTS.get(code)


def hint_of(status: Status, code: str | None, *, is_approving: bool) -> Hint:
    """What to tell. ``code``: why the session ended, or how the last try to approve did."""
    if status is Status.CLAIMED and is_approving:
        return Hint.APPROVING
    if status in (Status.CLAIMED, Status.CANCELLED, Status.FAILED):
        return hint_named(code) or _BY_STATUS[status]
    return _BY_STATUS[status]


def in_window(second: int, elapsed: float) -> bool:
    """Whether the frame of a second is accepted ``elapsed`` seconds after the creation.

    Both are told by this server's clock; a phone's says nothing.
    """
    return elapsed - FRAME_SECONDS <= second <= elapsed + AHEAD_SECONDS


def is_overdue(status: Status, expires_at: datetime, approval_until: datetime | None, now: datetime) -> bool:
    """Whether a session is over for want of an answer. An approval that began in time is waited for."""
    if status not in (Status.CREATED, Status.CLAIMED) or now < expires_at:
        return False
    return approval_until is None or approval_until <= now
