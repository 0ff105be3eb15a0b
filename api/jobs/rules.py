"""When a job is tried again, and when it is given up. Pure."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Final

MOST_ATTEMPTS: Final = 15
"""With the pauses below about eight hours, which outlasts most of what passes by itself."""

LEASE: Final = timedelta(seconds=60)
"""For how long a job belongs to a worker that does not renew it; then another takes over."""

KEPT: Final = timedelta(days=7)
"""How long a job that is done can be looked at."""

KEYS_KEPT: Final = timedelta(days=400)
"""How long a key stays used: longer than the validity of the certificates that reminders are about."""

_FIRST_PAUSE: Final = timedelta(seconds=5)
_LONGEST_PAUSE: Final = timedelta(hours=1)


class Status(StrEnum):
    """Where a job stands. DEAD: given up; it waits for an operator."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"


def pause(attempts: int, every: timedelta | None = None) -> timedelta:
    """How long to wait after ``attempts`` failures. ``every``: of a sweep, which waits no longer."""
    doubled = _FIRST_PAUSE * (1 << min(max(attempts - 1, 0), 20))
    return min(doubled, _LONGEST_PAUSE, every or _LONGEST_PAUSE)


def is_given_up(attempts: int, every: timedelta | None = None) -> bool:
    """Whether a job that failed ``attempts`` times is tried no more. A sweep always is."""
    return every is None and attempts >= MOST_ATTEMPTS
