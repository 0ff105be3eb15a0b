"""下载证书: from an approved application of any kind to key pairs in custody and their certificates.

Every step may be the last before a crash. Asked again, each finds what it made before: the keys by their
labels, the certificates by their request ids, the holding by the status of the application.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from api.accounts.sessions import Person
from api.applications import queries as applications
from api.applications.identities import approved_particulars, opened_holder_id
from api.applications.kinds import ApplicationKind
from api.applications.model import Application, Deed
from api.applications.rules import Action, Actor, Status, WrongMove, move
from api.catalogue.queries import Product, find_product
from api.certificates import blobs, queries
from api.certificates.custody import SubscriberKeys
from api.certificates.effects import FOR_GOOD, check_entitled, succeed, take_effect
from api.certificates.making import FIRST, Making, planned, requested
from api.certificates.queries import Holding
from api.certificates.restoring import EscrowedKeys
from api.certificates.rules import Custody, NotEscrowed, Purpose, check_pin
from api.db import Database
from api.enterprises.access import lock
from api.realname.id_numbers import IdNumbers
from ca.audit.event import Action as JournalAction
from ca.audit.event import Event
from ca.audit.journal import Journal
from ca.authorities import Authorities
from ca.errors import ProfileUnknown, RenewalHeld
from ca.issuance import REFUSALS, IssuanceRequest, IssuedCertificate, Issuer
from ca.ledger import Ledger
from ca.profiles import CertificateProfile
from ca.renewal import Renewals
from hsm import SealBridgeError

_ENDS_IT: Final = (*REFUSALS, *FOR_GOOD)
_NOT_FOR_GOOD: Final = (ProfileUnknown, RenewalHeld)
"""An operator may put the profile back; the certificate may be released."""


@dataclass(frozen=True, slots=True)
class Downloaded:
    """What an application gave. ``encryption``: the second half of a dual certificate."""

    signing: IssuedCertificate
    encryption: IssuedCertificate | None


@dataclass(frozen=True, slots=True)
class Ca:
    """What downloads need of the certification authority."""

    issuer: Issuer
    renewals: Renewals
    ledger: Ledger
    authorities: Authorities
    profiles: Mapping[str, CertificateProfile]


class CertificateDownload:
    """Issues certificates to the persons whose applications were approved.

    ``carry_out``: has changed data of an enterprise take effect, unless the job did it before.
    """

    def __init__(
        self,
        db: Database,
        keys: SubscriberKeys,
        escrowed: EscrowedKeys,
        ca: Ca,
        id_numbers: IdNumbers,
        carry_out: Callable[[str], None],
        clock: Callable[[], datetime],
        journal: Journal,
    ) -> None:
        self._carry_out = carry_out
        self._db = db
        self._keys = keys
        self._escrowed = escrowed
        self._ca = ca
        self._id_numbers = id_numbers
        self._clock = clock
        self._journal = journal

    def download(self, person: Person, application_id: str, pin: str) -> Downloaded:
        """The certificates of an approved application; the keys are made now and guarded by ``pin``.

        May be repeated with the same PIN. What is refused for good ends the application. Raises NotFound,
        WrongMove, PinWeak, PinIncorrect (the key was made with another PIN), PinLocked, RequestInProgress,
        RenewalHeld, HsmError, what ``check_entitled`` raises, and ``ca.issuance.REFUSALS``.
        """
        check_pin(pin)
        known, product, given = self._known(person, application_id)
        if known.kind is ApplicationKind.CHANGE and known.status is Status.APPROVED:
            with suppress(WrongMove):  # the job was a moment faster
                self._carry_out(known.id)
            known, product, given = self._known(person, application_id)
        if known.status is Status.ISSUED:
            return self._again(given, pin)
        move(known.kind, known.status, Action.ISSUE, Actor.APPLICANT)
        try:
            return self._first_time(known, product, pin)
        except _NOT_FOR_GOOD:
            raise
        except _ENDS_IT as refused:
            self._fail(known, refused)
            raise

    def _known(self, person: Person, application_id: str) -> tuple[Application, Product, list[Holding]]:
        with self._db.read() as tx:
            known = applications.find_own(tx, application_id, person.id)
            product = find_product(tx, known.product, known.product_version)
            return known, product, queries.of_application(tx, known.id)

    def _again(self, given: list[Holding], pin: str) -> Downloaded:
        for one in given:
            self._keys.open(Custody(one.custody), one.key_label, pin)
        signing, *rest = (self._certificate(one.serial) for one in given)
        return Downloaded(signing, rest[0] if rest else None)

    def _first_time(self, known: Application, product: Product, pin: str) -> Downloaded:
        with self._db.read() as tx:
            before = _before(tx, known)
            check_entitled(tx, known, product, before)
        making = planned(known, product, self._ca.profiles, before, self._kept(known, before))
        keys = [self._keys.ensure(making.custody, half.key, pin) for half in making.halves]
        restored = None if making.kept is None else self._escrowed.restored(making.kept, pin)
        requests = [
            requested(making, half, key.public_key(), self._id_numbers)
            for half, key in zip(making.halves, keys, strict=True)
        ]
        signing, *rest = self._issue(known, requests)
        if making.kept is not None:
            rest = [self._certificate(making.kept.serial)]
        made = Downloaded(signing, rest[0] if rest else None)
        self._record(making, made, restored)
        return made

    def _kept(self, known: Application, before: tuple[Holding, ...]) -> Holding | None:
        """The encryption half whose key is brought back under the new PIN; what has no copy is replaced."""
        if known.kind is not ApplicationKind.PIN_RESET:
            return None
        for one in before:
            with suppress(NotEscrowed):
                self._escrowed.check(one)
                return one
        return None

    def _issue(self, known: Application, requests: list[IssuanceRequest]) -> list[IssuedCertificate]:
        if known.kind is ApplicationKind.RENEWAL:
            return self._ca.renewals.renew_together(requests)
        if known.kind is not ApplicationKind.PIN_RESET:
            return self._ca.issuer.issue_together(requests)
        return [
            self._ca.renewals.replace(one.replaces, one.request_id, one.public_key)
            for one in requests
            if one.replaces is not None
        ]

    def _record(self, making: Making, made: Downloaded, restored: bytes | None) -> None:
        known, now = making.known, self._clock()
        approved = approved_particulars(self._id_numbers, known)
        signing, second = self._holdings(making, made, now)
        deed = Deed(Actor.APPLICANT, str(known.person_id), Action.ISSUE, note=signing.serial)
        try:
            with self._db.write() as tx:
                if known.credit_code is not None:
                    lock(tx, known.credit_code)
                applications.advance(tx, known, deed, now)
                check_entitled(tx, known, making.product, making.before)
                take_effect(tx, known, making.product, now, approved)
                succeed(tx, making, signing.serial, now)
                queries.add(tx, signing, second)
                if making.kept is not None and restored is not None:
                    blobs.replace(tx, making.kept.key_label, restored, now)
                    detail = {"application": known.id}
                    self._journal.append(
                        tx, Event(JournalAction.RECOVERY_DONE, making.kept.serial, detail=detail)
                    )
        except WrongMove as lost:  # the same download in another thread recorded it first
            if lost.facts["status"] is not Status.ISSUED:
                raise

    def _holdings(self, making: Making, made: Downloaded, now: datetime) -> tuple[Holding, Holding | None]:
        known = making.known
        found_by = self._id_numbers.find_by(opened_holder_id(self._id_numbers, known))

        def holding(purpose: Purpose, issued: IssuedCertificate, label: str) -> Holding:
            return Holding(
                serial=f"{issued.serial:x}",
                purpose=purpose,
                application_id=known.id,
                person_id=known.person_id,
                kind=making.product.kind,
                person_name=known.holder_name,
                id_number_hash=found_by,
                enterprise_name=known.enterprise_name,
                credit_code=known.credit_code,
                custody=making.product.custody,
                key_label=label,
                issued_at=now,
            )

        signing = holding(Purpose.SIGNING, made.signing, making.halves[0].key.label)
        if made.encryption is None:
            return signing, None
        label = making.halves[1].key.label if making.kept is None else making.kept.key_label
        return signing, holding(Purpose.ENCRYPTION, made.encryption, label)

    def _fail(self, known: Application, refused: SealBridgeError) -> None:
        """It can never be carried out: its end tells the applicant and gives the money back."""
        deed = Deed(Actor.SYSTEM, applications.SYSTEM, Action.FAIL, note=refused.code)
        with suppress(WrongMove), self._db.write() as tx:
            applications.advance(tx, known, deed, self._clock(), reason=refused.message)

    def _certificate(self, serial: str) -> IssuedCertificate:
        entry = self._ca.ledger.find(int(serial, 16))
        issuing = self._ca.authorities.find(entry.issuer).authority
        return IssuedCertificate(entry.serial, entry.certificate, (issuing.certificate, *issuing.chain))


def _before(tx: Connection, known: Application) -> tuple[Holding, ...]:
    if known.kind in FIRST or known.serial is None:
        return ()
    held = queries.find(tx, known.serial)
    return tuple(queries.of_application(tx, held.application_id))
