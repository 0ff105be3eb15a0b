"""Acts that were refused are in the journal beside those that were done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from api.accounts.errors import OperatorIdentityNeeded
from api.applications.rules import SameOperator, WrongMove
from api.review.errors import (
    CaseClaimed,
    ClaimNeeded,
    NotAReviewer,
    OwnApplication,
)
from ca.audit.event import Action, Event, Outcome
from ca.audit.journal import Journal

_REFUSALS: Final = (
    *(SameOperator, OwnApplication, OperatorIdentityNeeded, WrongMove),
    *(ClaimNeeded, CaseClaimed, NotAReviewer),
)


@contextmanager
def refusals_of(journal: Journal, action: Action, application_id: str) -> Iterator[None]:
    """Around the transaction of an act: what refuses it is written down once that is rolled back."""
    try:
        yield
    except _REFUSALS as error:
        journal.record(Event(action, application_id, Outcome.REFUSED, error.code))
        raise
