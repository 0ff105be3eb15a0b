"""The life of a session: one table, one function, and the limits. Standard library only, no clock.

A session carries one request from the device that made it (the requester) to the device that claims it
(the holder), and is answered once. The same table serves both directions: in 发送到电脑 the phone requests
and a PC's lock holds; when an app scans a QR code, the trading platform requests and the phone holds.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Final


class SessionKind(StrEnum):
    """What is asked for, and thereby the direction."""

    LOCK_SIGNATURE = "lock-signature"
    LOCK_ENROLMENT = "lock-enrolment"
    BIND = "bind"
    LOGIN = "login"
    TOOL_LOGIN = "tool-login"
    RECORD = "record"
    SIGN = "sign"
    GENERATE = "generate"
    DEPOSIT = "deposit"
    DECRYPT = "decrypt"


AT_ADDRESS: Final = frozenset({SessionKind.LOCK_SIGNATURE, SessionKind.LOCK_ENROLMENT})
"""The kinds that a PC with a lock claims at a typed address."""

SCANNED: Final = frozenset(SessionKind) - AT_ADDRESS
"""The kinds that a phone claims by a QR code."""


class Status(StrEnum):
    """Where a session stands.

    CONFIRMED: the holder's answer is in our store and nothing more is needed from any device; what is left
    is our own work on it.
    """

    CREATED = "created"
    CLAIMED = "claimed"
    CONFIRMED = "confirmed"
    COMPLETE = "complete"
    REFUSED = "refused"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Actor(StrEnum):
    """Who acts on a session."""

    REQUESTER = "requester"
    HOLDER = "holder"
    SERVICE = "service"


class Action(StrEnum):
    """What moves a session."""

    CLAIM = "claim"
    CONFIRM = "confirm"
    COMPLETE = "complete"
    REFUSE = "refuse"
    CANCEL = "cancel"
    EXPIRE = "expire"
    FAIL = "fail"


MOVES: Final[dict[tuple[Status, Action], tuple[Status, Actor]]] = {
    (Status.CREATED, Action.CLAIM): (Status.CLAIMED, Actor.HOLDER),
    (Status.CREATED, Action.CANCEL): (Status.CANCELLED, Actor.REQUESTER),
    (Status.CREATED, Action.EXPIRE): (Status.EXPIRED, Actor.SERVICE),
    (Status.CREATED, Action.FAIL): (Status.FAILED, Actor.SERVICE),
    (Status.CLAIMED, Action.CONFIRM): (Status.CONFIRMED, Actor.HOLDER),
    (Status.CLAIMED, Action.REFUSE): (Status.REFUSED, Actor.HOLDER),
    (Status.CLAIMED, Action.CANCEL): (Status.CANCELLED, Actor.REQUESTER),
    (Status.CLAIMED, Action.EXPIRE): (Status.EXPIRED, Actor.SERVICE),
    (Status.CLAIMED, Action.FAIL): (Status.FAILED, Actor.SERVICE),
    # An answer in our store outlives the time limit: only its own merit decides.
    (Status.CONFIRMED, Action.COMPLETE): (Status.COMPLETE, Actor.SERVICE),
    (Status.CONFIRMED, Action.FAIL): (Status.FAILED, Actor.SERVICE),
}

OPEN: Final = frozenset({Status.CREATED, Status.CLAIMED})
"""Waiting for a device; these expire."""

FINAL: Final = frozenset(Status) - OPEN - {Status.CONFIRMED}
"""Where nothing happens any more."""

SUPERSEDED: Final = "superseded"
"""The code with which a session is cancelled by a newer one of the same subject."""

ADDRESS_LIFETIME: Final = timedelta(minutes=10)
"""From creation to the claim."""

TASK_LIFETIME: Final = timedelta(minutes=30)
"""From the claim to the answer: time to find the lock and read the document."""

CODE_DIGITS: Final = 6
CODE_TRIES: Final = 5

SETTLE_AFTER: Final = timedelta(seconds=30)
"""A confirmed session older than this was interrupted; whoever looks at it finishes it."""


class WrongMove(ValueError):
    """The table has no such move for this actor."""


def move(status: Status, action: Action, actor: Actor) -> Status:
    """The status after ``actor`` did ``action``. Raises WrongMove."""
    after, allowed = MOVES.get((status, action), (status, None))
    if actor is not allowed:
        raise WrongMove(f"{actor} cannot {action} a {status} session")
    return after
