"""What the office keeps beside the cases: templates of reasons, and figures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row

from api.accounts.sessions import Operator
from api.db import Database
from api.review import decisions, reasons
from api.review.decisions import Pending
from api.review.reasons import Reason
from api.review.rules import Verdict, check_range
from ca.audit.event import Action, Event
from ca.audit.journal import Journal


class Office:
    """Templates and figures."""

    def __init__(self, db: Database, clock: Callable[[], datetime], journal: Journal) -> None:
        self._db = db
        self._clock = clock
        self._journal = journal

    def reasons(self) -> list[Reason]:
        """All templates."""
        with self._db.read() as tx:
            return reasons.every(tx)

    def put_reason(
        self, manager: Operator, code: str, verdict: Verdict, text: str, in_use: bool, replaces: int
    ) -> Reason:
        """A new template, or a new version of one. ``replaces``: the version that was read, 0 for none.

        Raises ReasonChanged.
        """
        now = self._clock()
        new = Reason(code, verdict, text, in_use, replaces + 1, manager.name, now)
        with self._db.write() as tx:
            reasons.put(tx, new)
            detail: dict[str, str | int] = {"version": new.version, "verdict": verdict, "text": text}
            detail["in_use"] = int(in_use)
            self._journal.append(tx, Event(Action.REASON_CHANGED, code, detail=detail))
        return new

    def pending(self) -> list[Pending]:
        """How many wait, and how long."""
        with self._db.read() as tx:
            return decisions.pending(tx, self._clock())

    def decided(self, first: date, last: date) -> list[Row[Any]]:
        """Decisions by day, reviewer and verdict. Raises RangeInvalid."""
        check_range(first, last)
        with self._db.read() as tx:
            return decisions.per_day(tx, first, last)

    def refused(self, first: date, last: date) -> list[Row[Any]]:
        """How often each template was used. Raises RangeInvalid."""
        check_range(first, last)
        with self._db.read() as tx:
            return decisions.per_reason(tx, first, last)
