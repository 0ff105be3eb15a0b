"""What to say when a session does not stand where a step needs it."""

from __future__ import annotations

from typing import Final, Protocol

from mobile_bridge.errors import (
    BridgeError,
    PcUnconfirmed,
    SessionAnswered,
    SessionCancelled,
    SessionExpired,
    SessionFailed,
    SessionNotReady,
    SessionRefused,
)
from mobile_bridge.server.pcs import number_of
from mobile_bridge.server.rules import Status
from mobile_bridge.server.sessions import Session

_REFUSALS: Final[dict[Status, type[BridgeError]]] = {
    Status.CREATED: SessionNotReady,
    Status.CLAIMED: SessionNotReady,
    Status.CONFIRMED: SessionAnswered,
    Status.COMPLETE: SessionAnswered,
    Status.REFUSED: SessionRefused,
    Status.EXPIRED: SessionExpired,
    Status.CANCELLED: SessionCancelled,
    Status.FAILED: SessionFailed,
}


class Standing(Protocol):
    """A session of either direction."""

    @property
    def status(self) -> Status:
        """Where it stands."""
        ...


def require_confirmed(session: Session) -> None:
    """Raise PcUnconfirmed while a claimed session waits for the phone's yes to the PC."""
    if session.confirmed_at is None:
        number = number_of(session.task_token_digest or "0")
        raise PcUnconfirmed("the phone has not confirmed this PC", number=number)


def why_closed(session: Standing) -> BridgeError:
    """The error that fits where the session stands."""
    return _REFUSALS[session.status](f"the session is {session.status}")
