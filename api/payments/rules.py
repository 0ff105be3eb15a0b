"""The life of an order: one table, one function. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from api.payments.errors import WrongOrderMove


class Status(StrEnum):
    """Where an order stands. CLOSED: it can be paid no more, or its application needs it no more."""

    CREATED = "created"
    PAID = "paid"
    CLOSED = "closed"
    REFUNDING = "refunding"
    REFUNDED = "refunded"


class Action(StrEnum):
    """What moves an order. PAY_LATE: a payment arrived for one that is closed; it goes back."""

    PAY = "pay"
    PAY_LATE = "pay-late"
    CLOSE = "close"
    REFUND = "refund"
    FINISH_REFUND = "finish-refund"


MOVES: Final = {
    (Status.CREATED, Action.PAY): Status.PAID,
    (Status.CREATED, Action.CLOSE): Status.CLOSED,
    (Status.CLOSED, Action.PAY_LATE): Status.REFUNDING,
    (Status.PAID, Action.REFUND): Status.REFUNDING,
    (Status.REFUNDING, Action.FINISH_REFUND): Status.REFUNDED,
}
"""Every move there is. No money is kept that no application stands for, and none is given back twice."""

IN_FORCE: Final = frozenset({Status.CREATED, Status.PAID, Status.REFUNDING})
"""An application has at most one of these."""

PAGE_LIFETIME: Final = timedelta(hours=2)
"""How long an order can be paid after its page was opened first."""

_FIRST_LOOK: Final = timedelta(seconds=10)
_LONGEST_PAUSE: Final = timedelta(minutes=15)

NAMES: Final = {
    Status.CREATED: "待支付",
    Status.PAID: "已支付",
    Status.CLOSED: "已关闭",
    Status.REFUNDING: "退款中",
    Status.REFUNDED: "已退款",
}
"""How people call each status."""


def move(status: Status, action: Action) -> Status:
    """The status after ``action``. Raises WrongOrderMove."""
    after = MOVES.get((status, action))
    if after is None:
        raise WrongOrderMove(
            f"{action} of an order that is {status}", status=status, status_name=NAMES[status]
        )
    return after


def next_look(number: int, now: datetime, until: datetime) -> datetime:
    """When to ask the provider again after ``number`` looks, should its notice be lost; the last is at
    ``until``."""
    return min(now + min(_FIRST_LOOK * (1 << min(number, 12)), _LONGEST_PAUSE), max(until, now))


def is_over(expires_at: datetime | None, now: datetime) -> bool:
    """Whether the page can be paid no more. An order whose page was never opened waits."""
    return expires_at is not None and now >= expires_at
