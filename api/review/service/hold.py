"""Queues, and who has which case."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from api.accounts.operators import all_operators
from api.accounts.rules import Role
from api.accounts.sessions import Operator
from api.applications import queries
from api.db import Database
from api.paging import PageRequest, Part
from api.review import claims, queue
from api.review.claims import Claim
from api.review.conflicts import Conflicts
from api.review.errors import ClaimNeeded, NotAReviewer, SearchNeedsOne
from api.review.queue import Count, Filters, Queued
from api.review.rules import check_waiting
from api.review.service.refused import refusals_of
from ca.audit.event import Action, Event
from ca.audit.journal import Journal


class Holding:
    """Lists cases, and gives them to reviewers."""

    def __init__(
        self, db: Database, conflicts: Conflicts, clock: Callable[[], datetime], journal: Journal
    ) -> None:
        self._db = db
        self._conflicts = conflicts
        self._clock = clock
        self._journal = journal

    def queue(self, operator: Operator, filters: Filters, page: PageRequest) -> Part[Queued]:
        """Those that wait longest first. Raises StatusNeeded."""
        with self._db.read() as tx:
            return queue.listed(tx, filters, operator.id, self._clock(), page)

    def counts(self, operator: Operator) -> dict[str, Count]:
        """How long each queue is."""
        with self._db.read() as tx:
            return queue.counts(tx, operator.id, self._clock())

    def search(
        self, number: str | None, name: str | None, credit_code: str | None, page: PageRequest
    ) -> Part[Queued]:
        """By one of the three. Raises SearchNeedsOne."""
        by = {queue.by_number: number, queue.by_name: name, queue.by_credit_code: credit_code}
        given = [(find, text) for find, text in by.items() if text]
        if len(given) != 1:
            raise SearchNeedsOne("number, name or credit code")
        find, text = given[0]
        with self._db.read() as tx:
            return find(tx, text, self._clock(), page)

    def claim(self, operator: Operator, application_id: str) -> Claim:
        """领取: the case is this reviewer's for a while; again, for a while more.

        Raises NotFound, WrongMove (nothing to decide), CaseClaimed (by whom, and until when), and for whoever
        may not judge it OwnApplication, SameOperator, OperatorIdentityNeeded.
        """
        with refusals_of(self._journal, Action.CASE_CLAIMED, application_id), self._db.write() as tx:
            known = queries.find(tx, application_id)
            check_waiting(known.status)
            self._conflicts.check(tx, operator.id, operator.name, known)
            taken = claims.take(tx, known.id, operator, self._clock())
            self._journal.append(tx, Event(Action.CASE_CLAIMED, known.id))
        return taken

    def release(self, operator: Operator, application_id: str) -> None:
        """放回队列. Raises NotFound, ClaimNeeded, CaseClaimed."""
        with refusals_of(self._journal, Action.CASE_RELEASED, application_id), self._db.write() as tx:
            known = queries.find(tx, application_id)
            claims.release(tx, known.id, operator, self._clock())
            self._journal.append(tx, Event(Action.CASE_RELEASED, known.id))

    def take_over(self, manager: Operator, application_id: str, name: str | None) -> Claim:
        """转派: a manager gives a case to a reviewer, whoever has it; to themselves when no name is said.

        Raises NotFound, WrongMove, NotAReviewer, and when that reviewer may not judge it OwnApplication,
        SameOperator, OperatorIdentityNeeded.
        """
        now = self._clock()
        with refusals_of(self._journal, Action.CASE_TAKEN_OVER, application_id), self._db.write() as tx:
            known = queries.find(tx, application_id)
            check_waiting(known.status)
            found = [one for one in all_operators(tx) if one.name == (name or manager.name)]
            if not found or Role.REVIEWER not in found[0].roles:
                raise NotAReviewer("only reviewers have cases")
            self._conflicts.check(tx, found[0].id, found[0].name, known)
            before = claims.give(tx, known.id, found[0], now)
            detail = {"to": found[0].name, "from": before.operator if before else ""}
            self._journal.append(tx, Event(Action.CASE_TAKEN_OVER, known.id, detail=detail))
            given = claims.of(tx, known.id, now)
        if given is None:
            raise ClaimNeeded("the case has just been decided")
        return given
