"""Decisions. Each holds the reviewer's claim, moves the application, and says so in the journal, in one
transaction; a refused one is in the journal too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from api.accounts.sessions import Operator
from api.applications import evidence, queries
from api.applications.evidence import TITLES, EvidenceKind, Wanted
from api.applications.kinds import NEEDS, approvals
from api.applications.model import Application, Deed
from api.applications.rules import Action, Actor, Status, approval
from api.catalogue.queries import find_product
from api.db import Database
from api.review import claims, decisions, reasons
from api.review.conflicts import Conflicts
from api.review.decisions import Decision
from api.review.errors import WantedUnknown
from api.review.rules import Verdict, check_waiting, composed_reason
from api.review.service.refused import refusals_of
from ca.audit.event import Action as JournalAction
from ca.audit.event import Event as JournalEvent
from ca.audit.journal import Journal


@dataclass(frozen=True, slots=True)
class Why:
    """What a refusal says: templates by their codes, words of one's own, and what is wanted."""

    codes: Sequence[str] = ()
    text: str | None = None
    wanted: Sequence[Wanted] = ()


class Deciding:
    """通过, 不通过, 退回补充材料."""

    def __init__(
        self, db: Database, conflicts: Conflicts, clock: Callable[[], datetime], journal: Journal
    ) -> None:
        self._db = db
        self._conflicts = conflicts
        self._clock = clock
        self._journal = journal

    def approve(self, operator: Operator, application_id: str) -> Status:
        """Approve; the first of two where kind or product demand two.

        Raises NotFound, WrongMove (judged already, or withdrawn), ClaimNeeded, CaseClaimed, SameOperator,
        OwnApplication, OperatorIdentityNeeded.
        """
        now, told = self._clock(), JournalAction.APPLICATION_APPROVED
        with refusals_of(self._journal, told, application_id), self._db.write() as tx:
            known = self._held(tx, operator, application_id, now)
            product = find_product(tx, known.product, known.product_version)
            asked = approvals(known.kind, new=product.approvals, renewal=product.renewal_approvals)
            action = approval(known.status, asked)
            status = queries.advance(tx, known, Deed(Actor.OPERATOR, operator.name, action), now)
            verdict = Verdict.ENDORSE if action is Action.ENDORSE else Verdict.APPROVE
            self._done(tx, known, operator, Decision(verdict, now), told)
        return status

    def reject(self, operator: Operator, application_id: str, why: Why) -> Status:
        """Reject, with reasons that the applicant reads.

        Raises NotFound, WrongMove, ClaimNeeded, CaseClaimed, SameOperator, OwnApplication,
        OperatorIdentityNeeded, ReasonUnknown, ReasonMissing, ReasonTooLong.
        """
        return self._refuse(
            operator, application_id, why, Verdict.REJECT, Action.REJECT, JournalAction.APPLICATION_REJECTED
        )

    def ask_for_more(self, operator: Operator, application_id: str, why: Why) -> Status:
        """退回补充材料, with what is wanted; the applicant adds it and submits again.

        Raises what ``reject`` does, and WantedUnknown.
        """
        return self._refuse(
            operator, application_id, why, Verdict.RETURN, Action.RETURN, JournalAction.APPLICATION_RETURNED
        )

    def _refuse(
        self,
        operator: Operator,
        application_id: str,
        why: Why,
        verdict: Verdict,
        action: Action,
        told: JournalAction,
    ) -> Status:
        now = self._clock()
        with refusals_of(self._journal, told, application_id), self._db.write() as tx:
            known = self._held(tx, operator, application_id, now)
            chosen = reasons.chosen(tx, verdict, why.codes)
            wanted = _names_of(tx, known, why.wanted)
            reason = composed_reason(wanted, (one.text for one in chosen), why.text)
            deed = Deed(Actor.OPERATOR, operator.name, action, note=reason)
            status = queries.advance(tx, known, deed, now, reason=reason)
            if status is Status.RETURNED:
                evidence.carry_over(tx, queries.reopen(tx, queries.find(tx, known.id)), known.revision)
            made = Decision(verdict, now, tuple(one.code for one in chosen), tuple(why.wanted))
            self._done(tx, known, operator, made, told)
        return status

    def _held(self, tx: Connection, operator: Operator, application_id: str, now: datetime) -> Application:
        known = queries.find(tx, application_id)
        check_waiting(known.status)
        self._conflicts.check(tx, operator.id, operator.name, known)
        claims.hold(tx, known.id, operator, now)
        return known

    def _done(
        self, tx: Connection, known: Application, by: Operator, made: Decision, told: JournalAction
    ) -> None:
        claims.drop(tx, known.id)
        decisions.keep(tx, known, by.name, made)
        detail: dict[str, str | int] = {"verdict": made.verdict, "revision": known.revision}
        if made.codes:
            detail["reasons"] = ",".join(made.codes)
        self._journal.append(tx, JournalEvent(told, known.id, detail=detail))


def _names_of(tx: Connection, known: Application, wanted: Sequence[Wanted]) -> list[str]:
    """How people call what is wanted. Raises WantedUnknown for what could not be added once returned."""
    if not wanted:
        return []
    needs = NEEDS[known.kind]
    there = evidence.digests(tx, known)
    product = find_product(tx, known.product, known.product_version)
    attachments = {one.code: one.name for one in product.attachments} if needs.attachments else {}
    possible = {
        EvidenceKind.LICENCE: needs.licence,
        EvidenceKind.PAPER_FORM: EvidenceKind.PAPER_FORM
        in there,  # what a lock signed is not replaced by paper
        EvidenceKind.SIGNATURE: needs.picture,
    }
    told = []
    for one in wanted:
        name = attachments.get(one.name) if one.kind is EvidenceKind.ATTACHMENT else None
        if name is None and not (possible.get(one.kind, False) and not one.name):
            raise WantedUnknown(f"{one.kind} {one.name}", wanted=one.name or one.kind)
        told.append(name or TITLES[one.kind])
    return told
