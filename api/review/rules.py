"""Reviewing: who may decide, for how long a case is somebody's, and what a verdict says. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from api.applications.rules import Status, WrongMove
from api.review.errors import RangeInvalid, ReasonMissing, ReasonTooLong

LEASE: Final = timedelta(minutes=30)
"""How long a claimed case is its reviewer's without an act on it."""

WAITING: Final = (Status.SUBMITTED, Status.ENDORSED)
"""Where operators decide."""

MOST_COUNTED: Final = 1000
"""A queue is counted no further: its length costs no more to show, however long it grows."""

LONGEST_RANGE: Final = timedelta(days=92)
_LONGEST_REASON: Final = 500  # characters, as the application's row has room


class Verdict(StrEnum):
    """What an operator decides. ENDORSE: the first of two approvals."""

    APPROVE = "approve"
    ENDORSE = "endorse"
    REJECT = "reject"
    RETURN = "return"


class Assigned(StrEnum):
    """Whose cases a list shows."""

    ALL = "all"
    MINE = "mine"
    NOBODY = "unassigned"


def check_waiting(status: Status) -> None:
    """Only what waits for operators is claimed and decided. Raises WrongMove."""
    if status not in WAITING:
        raise WrongMove(f"an application that is {status} waits for no operator", status=status)


def composed_reason(wanted: Sequence[str], templates: Iterable[str], own_words: str | None) -> str:
    """What the applicant reads. ``wanted``: names of what is to be sent again or in addition.

    Raises ReasonMissing without any of the three, ReasonTooLong.
    """
    parts = [f"需补充：{'、'.join(wanted)}"] if wanted else []
    parts += [one.rstrip("。；") for one in (*templates, own_words or "") if one]
    if not parts:
        raise ReasonMissing("a template, or words of one's own")
    told = "；".join(parts)
    if len(told) > _LONGEST_REASON:
        raise ReasonTooLong(f"{len(told)} characters", most=_LONGEST_REASON)
    return told


def check_range(first: date, last: date) -> None:
    """Both days included. Raises RangeInvalid."""
    if not timedelta(0) <= last - first < LONGEST_RANGE:
        raise RangeInvalid("from one day to a later one", days=LONGEST_RANGE.days)


def lease_until(now: datetime) -> datetime:
    """When a claim of now ends, unless an act renews it."""
    return now + LEASE
