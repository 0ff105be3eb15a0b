"""What an operator does: look at what waits, approve, reject."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from api.accounts.sessions import Operator
from api.applications import evidence, queries
from api.applications.evidence import Evidence, EvidenceKind
from api.applications.identities import opened_holder_id, opened_legal_person_id
from api.applications.kinds import approvals
from api.applications.model import Application, Deed, Event
from api.applications.rules import Action, Actor, SameOperator, Status, approval
from api.catalogue.queries import Product, find_product
from api.db import Database
from api.enterprises.id_numbers import IdNumbers
from api.paging import PageRequest, Part
from ca.audit.event import Action as JournalAction
from ca.audit.event import Event as JournalEvent
from ca.audit.event import Outcome
from ca.audit.journal import Journal
from ca.documents.verification import SignatureReport, verify_pdf
from ca.trust import LockTrust


@dataclass(frozen=True, slots=True)
class CaseFile:
    """All that an application is judged by, identity numbers readable.

    ``seals``: what the signatures on the form are worth now, with the configured lock CAs as only trust.
    """

    application: Application
    product: Product
    legal_person_id: str | None
    holder_id: str
    digests: dict[EvidenceKind, str]
    seals: list[SignatureReport]
    events: list[Event]


class Review:
    """CA 审核. ``trust``: gives the lock CAs as they are configured at this moment."""

    def __init__(
        self,
        db: Database,
        id_numbers: IdNumbers,
        trust: Callable[[], LockTrust],
        clock: Callable[[], datetime],
        journal: Journal,
    ) -> None:
        self._db = db
        self._id_numbers = id_numbers
        self._trust = trust
        self._clock = clock
        self._journal = journal

    def queue(self, status: Status | None, page: PageRequest) -> Part[Application]:
        """Applications in a status (all when None), those that wait longest first."""
        with self._db.read() as tx:
            return queries.in_status(tx, status, page)

    def case(self, application_id: str) -> CaseFile:
        """One application with all its evidence. Raises NotFound."""
        with self._db.read() as tx:
            found = queries.find(tx, application_id)
            product = find_product(tx, found.product, found.product_version)
            digests = evidence.digests(tx, found)
            events = queries.events(tx, found.id)
        return CaseFile(
            application=found,
            product=product,
            legal_person_id=opened_legal_person_id(self._id_numbers, found),
            holder_id=opened_holder_id(self._id_numbers, found),
            digests=digests,
            seals=self._seals(found.id) if EvidenceKind.SIGNED_FORM in digests else [],
            events=events,
        )

    def evidence(self, application_id: str, *kinds: EvidenceKind) -> Evidence:
        """The first of ``kinds`` that is there. Raises NotFound."""
        with self._db.read() as tx:
            known = queries.find(tx, application_id)
            return evidence.fetch(tx, known.id, known.revision, *kinds)

    def approve(self, operator: Operator, application_id: str) -> Status:
        """Approve; the first of two where the product demands two.

        Raises NotFound, WrongMove (judged already, or withdrawn), SameOperator.
        """
        try:
            with self._db.write() as tx:
                known = queries.find(tx, application_id)
                product = find_product(tx, known.product, known.product_version)
                asked = approvals(known.kind, new=product.approvals, renewal=product.renewal_approvals)
                action = approval(known.status, asked)
                deed = Deed(Actor.OPERATOR, operator.name, action)
                status = queries.advance(tx, known, deed, self._clock())
                told = JournalEvent(JournalAction.APPLICATION_APPROVED, known.id, detail={"status": status})
                self._journal.append(tx, told)
        except SameOperator as error:
            refused = (JournalAction.APPLICATION_APPROVED, application_id, Outcome.REFUSED, error.code)
            self._journal.record(JournalEvent(*refused))
            raise
        return status

    def reject(self, operator: Operator, application_id: str, reason: str) -> Status:
        """Reject, with a reason that the applicant reads. Raises NotFound, WrongMove."""
        deed = Deed(Actor.OPERATOR, operator.name, Action.REJECT, note=reason)
        with self._db.write() as tx:
            known = queries.find(tx, application_id)
            status = queries.advance(tx, known, deed, self._clock(), reason=reason)
            self._journal.append(tx, JournalEvent(JournalAction.APPLICATION_REJECTED, known.id))
        return status

    def ask_for_more(self, operator: Operator, application_id: str, reason: str) -> Status:
        """退回补充材料, with what is missing; the applicant adds it. Raises NotFound, WrongMove."""
        deed = Deed(Actor.OPERATOR, operator.name, Action.RETURN, note=reason)
        with self._db.write() as tx:
            known = queries.find(tx, application_id)
            status = queries.advance(tx, known, deed, self._clock(), reason=reason)
            self._journal.append(tx, JournalEvent(JournalAction.APPLICATION_RETURNED, known.id))
        return status

    def _seals(self, application_id: str) -> list[SignatureReport]:
        form = self.evidence(application_id, EvidenceKind.SIGNED_FORM).content
        trust = self._trust()
        return verify_pdf(form, trust.cas, (), trust.crls, self._clock())
