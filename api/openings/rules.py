"""When an opening is, and what may be changed about it. Pure.

The law has bids opened at the very time at which handing them in ends (招标投标法, article 34). So a bid is
deposited before ``opens_at`` and opened from then to ``closes_at``, both included; what is not opened by then
stays closed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from api.openings.errors import (
    DepositTooLate,
    OpeningBegun,
    OpeningBroughtForward,
    OpeningNotBegun,
    OpeningOver,
    OpeningWindowInvalid,
)

LONGEST: Final = timedelta(days=30)
"""From begin to end of an opening. Evaluation rooms open bids for days; nothing is open for ever."""


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when bids are opened, both included. Aware."""

    opens_at: datetime
    closes_at: datetime


def check_window(window: Window) -> None:
    """Raises OpeningWindowInvalid."""
    if not timedelta() < window.closes_at - window.opens_at <= LONGEST:
        raise OpeningWindowInvalid(f"closes_at is after opens_at, by {LONGEST.days} days at the most")


def check_open(window: Window, now: datetime) -> None:
    """Bids are opened now. Raises OpeningNotBegun, OpeningOver."""
    if now < window.opens_at:
        raise OpeningNotBegun(f"opens at {window.opens_at.isoformat()}", opens_at=window.opens_at.isoformat())
    if now > window.closes_at:
        raise OpeningOver(f"closed at {window.closes_at.isoformat()}", closes_at=window.closes_at.isoformat())


def check_deposit(window: Window, now: datetime) -> None:
    """Bids are still handed in. Raises DepositTooLate."""
    if now >= window.opens_at:
        raise DepositTooLate("bids are handed in before the opening", opens_at=window.opens_at.isoformat())


def postponed(known: Window, announced: Window, now: datetime) -> bool:
    """Whether ``announced`` changes what is known. Later is allowed; once bids may have been opened, only
    their time may be made longer, and once it is over nothing is begun anew.

    Raises OpeningBroughtForward, OpeningBegun, OpeningOver, OpeningWindowInvalid.
    """
    check_window(announced)
    if announced == known:
        return False
    if announced.opens_at < known.opens_at or announced.closes_at < known.closes_at:
        raise OpeningBroughtForward(
            f"it was announced from {known.opens_at.isoformat()} to {known.closes_at.isoformat()}",
            opens_at=known.opens_at.isoformat(),
            closes_at=known.closes_at.isoformat(),
        )
    if now > known.closes_at:
        raise OpeningOver("an opening that is over is not begun anew", closes_at=known.closes_at.isoformat())
    if now >= known.opens_at and announced.opens_at != known.opens_at:
        raise OpeningBegun("what has begun can only last longer", opens_at=known.opens_at.isoformat())
    return True
