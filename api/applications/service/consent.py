"""管理员同意: the administrator declines a clerk, or seals 授权书 with a certificate of the enterprise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from api.accounts.sessions import Person
from api.applications import evidence, queries
from api.applications.evidence import Evidence, EvidenceKind
from api.applications.identities import opened_holder_id
from api.applications.model import Application, Deed
from api.applications.outward import CertificatesAtHand, Sealer
from api.applications.rules import Action, Actor, Status, move
from api.applications.service.seal import check_of_enterprise
from api.catalogue.queries import Product, find_product
from api.db import Database
from api.enterprises.administration import administrator_of
from api.errors import NotFound
from api.paging import PageRequest, Part
from api.realname.id_numbers import IdNumbers, mask_id_number
from ca.audit.event import Action as JournalAction
from ca.audit.event import Event as JournalEvent
from ca.audit.journal import Journal
from ca.documents.forms import SEAL_PLACE

_REASON: Final = "授权办事人员使用数字证书"


@dataclass(frozen=True, slots=True)
class Asking:
    """A clerk's application as the administrator sees it. ``id_number``: masked."""

    application: Application
    product: Product
    id_number: str


class Consents:
    """What waits for an administrator. Whoever is not the administrator now is answered NotFound."""

    def __init__(
        self,
        db: Database,
        certificates: CertificatesAtHand,
        sealer: Sealer,
        id_numbers: IdNumbers,
        clock: Callable[[], datetime],
        journal: Journal,
    ) -> None:
        self._db = db
        self._certificates = certificates
        self._sealer = sealer
        self._id_numbers = id_numbers
        self._clock = clock
        self._journal = journal

    def waiting(self, person: Person, page: PageRequest) -> Part[Asking]:
        """Those that wait, longest first."""
        with self._db.read() as tx:
            part = queries.asking_administrator(tx, person.id, page)
            return part.map(lambda one: self._asking(tx, one))

    def show(self, person: Person, application_id: str) -> Asking:
        """One of them, also after it was answered."""
        with self._db.read() as tx:
            return self._asking(tx, _administered(tx, person, application_id))

    def letter(self, person: Person, application_id: str) -> Evidence:
        """授权书 as PDF, sealed once it is."""
        with self._db.read() as tx:
            known = _administered(tx, person, application_id)
            kinds = (EvidenceKind.SIGNED_LETTER, EvidenceKind.LETTER)
            return evidence.fetch(tx, known.id, known.revision, *kinds)

    def consent(self, person: Person, application_id: str, serial: str, pin: str) -> Status:
        """确认并盖章: seal 授权书 with a certificate of the enterprise, and hand it to the operators.

        Nothing moves before the sealed letter is kept, in one transaction: interrupted anywhere it can be
        repeated, and repeated after it was done it says where the application stands. Raises WrongMove,
        CertificateOfOther, CertificateUnusable, PinIncorrect with the tries left, PinLocked, HsmError.
        """
        with self._db.read() as tx:
            known = _administered(tx, person, application_id)
            if queries.last_deed(tx, known, Action.CONSENT) == str(person.id):
                return known.status
            move(known.kind, known.status, Action.CONSENT, Actor.ADMINISTRATOR)
            held = self._certificates.find(tx, serial)
            check_of_enterprise(tx, held, person, known.enterprise.credit_code)
            letter = evidence.fetch(tx, known.id, known.revision, EvidenceKind.LETTER).content
        sealed = self._sealer.stamp(person, held.serial, pin, letter, SEAL_PLACE, _REASON)
        now = self._clock()
        deed = Deed(Actor.ADMINISTRATOR, str(person.id), Action.CONSENT, note=held.serial)
        with self._db.write() as tx:
            _administered(tx, person, application_id)  # still the administrator
            status = queries.advance(tx, known, deed, now)
            digest = evidence.keep(tx, known, EvidenceKind.SIGNED_LETTER, "application/pdf", sealed, now)
            detail = {"letter_sha256": digest, "serial": held.serial}
            self._journal.append(
                tx, JournalEvent(JournalAction.APPLICATION_CONSENTED, known.id, detail=detail)
            )
        return status

    def decline(self, person: Person, application_id: str, reason: str) -> Status:
        """不同意, with a reason that the applicant reads. Raises WrongMove."""
        deed = Deed(Actor.ADMINISTRATOR, str(person.id), Action.DECLINE, note=reason)
        with self._db.write() as tx:
            known = _administered(tx, person, application_id)
            status = queries.advance(tx, known, deed, self._clock(), reason=reason)
            self._journal.append(tx, JournalEvent(JournalAction.APPLICATION_DECLINED, known.id))
        return status

    def _asking(self, tx: Connection, known: Application) -> Asking:
        product = find_product(tx, known.product, known.product_version)
        return Asking(known, product, mask_id_number(opened_holder_id(self._id_numbers, known)))


def _administered(tx: Connection, person: Person, application_id: str) -> Application:
    known = queries.find(tx, application_id)
    asked_for = queries.last_deed(tx, known, Action.ASK) is not None
    if not asked_for or administrator_of(tx, known.enterprise.credit_code) != person.id:
        raise NotFound("no such application")
    return known
