"""The life of a handover: one table, one function. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from api.enterprises.handover.errors import HandoverClosed, HandoverExpired


class Status(StrEnum):
    """Where a handover stands. VOID: giver or recipient ceased to be what they were."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    VOID = "void"


class Party(StrEnum):
    """Who acts on it."""

    GIVER = "giver"
    RECIPIENT = "recipient"
    SYSTEM = "system"


class Action(StrEnum):
    """What moves it."""

    ACCEPT = "accept"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"
    VOID = "void"


OPEN_FOR: Final = timedelta(days=7)

MOVES: Final[dict[tuple[Status, Action], tuple[Status, Party]]] = {
    (Status.OFFERED, Action.ACCEPT): (Status.ACCEPTED, Party.RECIPIENT),
    (Status.OFFERED, Action.DECLINE): (Status.DECLINED, Party.RECIPIENT),
    (Status.OFFERED, Action.WITHDRAW): (Status.WITHDRAWN, Party.GIVER),
    (Status.OFFERED, Action.EXPIRE): (Status.EXPIRED, Party.SYSTEM),
    (Status.OFFERED, Action.VOID): (Status.VOID, Party.SYSTEM),
}

NAMES: Final = {
    Status.OFFERED: "待对方确认",
    Status.ACCEPTED: "已移交",
    Status.DECLINED: "对方未接受",
    Status.WITHDRAWN: "已取消",
    Status.EXPIRED: "已过期",
    Status.VOID: "已失效",
}
"""How people call each status."""


def move(status: Status, action: Action, party: Party, expires_at: datetime, now: datetime) -> Status:
    """The status after ``party`` did ``action``. Raises HandoverClosed, HandoverExpired."""
    after, allowed = MOVES.get((status, action), (status, None))
    if party is not allowed or (action is Action.EXPIRE and now < expires_at):
        raise closed(f"{party} cannot {action} a handover that is {status}", status)
    if action is Action.ACCEPT and now >= expires_at:
        raise HandoverExpired("the time to accept it is over")
    return after


def closed(detail: str, status: Status) -> HandoverClosed:
    """The refusal of a handover that stands elsewhere."""
    return HandoverClosed(detail, status=status, status_name=NAMES[status])
