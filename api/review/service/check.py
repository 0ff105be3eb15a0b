"""机器检查: made by a durable job at each submission, and again when a reviewer asks."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime

from api.accounts.sessions import Operator
from api.applications import queries
from api.applications.consequences import CHECK
from api.db import Database
from api.jobs.queue import Job, enqueue
from api.realname.id_numbers import IdNumbers
from api.review import claims, runs
from api.review.checks import VERSION
from api.review.checks.making import make
from api.review.checks.subject import gather
from api.review.rules import WAITING
from api.review.runs import Run
from api.review.service.case import as_of
from api.review.service.refused import refusals_of
from api.review.signatures import Judge
from ca.audit.event import Action, Event
from ca.audit.journal import Journal


class Checking:
    """Asks for checks, and makes them."""

    def __init__(
        self,
        db: Database,
        id_numbers: IdNumbers,
        judge: Judge,
        clock: Callable[[], datetime],
        journal: Journal,
    ) -> None:
        self._db = db
        self._id_numbers = id_numbers
        self._judge = judge
        self._clock = clock
        self._journal = journal

    def ask(self, operator: Operator, application_id: str) -> int:
        """Have the current version checked again, soon; returns its number.

        Raises NotFound, ClaimNeeded, CaseClaimed.
        """
        now = self._clock()
        with refusals_of(self._journal, Action.CASE_CHECKS_ASKED, application_id), self._db.write() as tx:
            known = queries.find(tx, application_id)
            claims.hold(tx, known.id, operator, now)
            payload: dict[str, str | int] = {"application": known.id, "revision": known.revision}
            payload |= {"by": operator.name, "token": secrets.token_hex(16)}
            enqueue(tx, CHECK, payload, run_at=now)
            self._journal.append(tx, Event(Action.CASE_CHECKS_ASKED, known.id))
        return known.revision

    def run(self, job: Job) -> None:
        """The job. Nothing is checked that nobody waits for any more."""
        application_id, revision = job.text("application"), job.number("revision")
        by = str(job.payload["by"]) if "by" in job.payload else None
        with self._db.read() as tx:
            known = queries.find(tx, application_id)
            if by is None and (known.status not in WAITING or known.revision != revision):
                return
            seen = gather(tx, as_of(tx, known, revision), self._id_numbers, self._judge, self._clock())
        results = make(seen)
        with self._db.write() as tx:
            made = Run(revision, by, VERSION, self._clock(), results)
            runs.keep(tx, job.text("token"), application_id, made)
