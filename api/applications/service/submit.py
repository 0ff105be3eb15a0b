"""提交申请 and 撤回申请."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from api.accounts.sessions import Person
from api.applications import evidence, queries
from api.applications.evidence import EvidenceKind
from api.applications.kinds import approvals
from api.applications.model import Application, Deed
from api.applications.rules import Action, Actor, Complete, Status, check_complete, submission
from api.catalogue.queries import Product, find_product
from api.db import Database
from ca.audit.event import Action as JournalAction
from ca.audit.event import Event as JournalEvent
from ca.audit.journal import Journal


class Submitting:
    """Hands applications over, and takes them back."""

    def __init__(self, db: Database, clock: Callable[[], datetime], journal: Journal) -> None:
        self._db = db
        self._clock = clock
        self._journal = journal

    def submit(self, person: Person, application_id: str) -> Status:
        """To the operators, or first to the enterprise's administrator.

        What needs no operator is approved at once. Raises LicenceMissing, PictureMissing, AttachmentMissing,
        FormNotSigned, WrongMove.
        """
        now = self._clock()
        with self._db.write() as tx:
            known = queries.find_own(tx, application_id, person.id)
            product = find_product(tx, known.product, known.product_version)
            check_complete(known.kind, known.status, _gathered(tx, known, product))
            action = submission(known.kind, known.status)
            status = queries.advance(tx, known, Deed(Actor.APPLICANT, str(person.id), action), now)
            asked = approvals(known.kind, new=product.approvals, renewal=product.renewal_approvals)
            if status is Status.SUBMITTED and asked == 0:
                moved = queries.find(tx, known.id)
                status = queries.advance(tx, moved, Deed(Actor.SYSTEM, queries.SYSTEM, Action.APPROVE), now)
                told = JournalEvent(JournalAction.APPLICATION_APPROVED, known.id, detail={"by": "rule"})
                self._journal.append(tx, told)
        return status

    def withdraw(self, person: Person, application_id: str) -> Status:
        """Before it is approved. Raises WrongMove."""
        with self._db.write() as tx:
            known = queries.find_own(tx, application_id, person.id)
            deed = Deed(Actor.APPLICANT, str(person.id), Action.WITHDRAW)
            return queries.advance(tx, known, deed, self._clock())


def _gathered(tx: Connection, known: Application, product: Product) -> Complete:
    pieces = evidence.pieces(tx, known.id, known.revision)
    kinds = {one.kind for one in pieces}
    attached = {one.name for one in pieces if one.kind is EvidenceKind.ATTACHMENT}
    missing = (one.name for one in product.attachments if one.required and one.code not in attached)
    return Complete(
        licence=EvidenceKind.LICENCE in kinds,
        picture=EvidenceKind.SIGNATURE in kinds,
        missing=tuple(missing),
    )
