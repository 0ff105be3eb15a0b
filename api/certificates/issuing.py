"""From an approved application and public keys to certificates in somebody's hands, wherever the keys are.

Every step may be the last before a crash. Asked again, each finds what it made before: the certificates by
their request ids, the holding by the status of the application.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from cryptography import x509
from sqlalchemy import Connection

from api.applications import queries as applications
from api.applications.identities import approved_particulars, opened_holder_id
from api.applications.kinds import ApplicationKind
from api.applications.model import Application, Deed
from api.applications.rules import Action, Actor, Status, WrongMove
from api.catalogue.queries import Product, find_product
from api.certificates import blobs, queries
from api.certificates.bids import bids_before, tell_of_bids
from api.certificates.effects import FOR_GOOD, check_entitled, succeed, take_effect
from api.certificates.making import FIRST, Half, Making, planned, requested, subject_facts
from api.certificates.queries import Holding
from api.certificates.rules import Purpose
from api.db import Database
from api.enterprises.access import lock
from api.jobs.queue import enqueue
from api.openings.deposits import Waiting
from api.realname.id_numbers import IdNumbers
from ca.audit.event import Action as JournalAction
from ca.audit.event import Event
from ca.audit.journal import Journal
from ca.authorities import Authorities
from ca.errors import CaError, ProfileUnknown, RenewalHeld
from ca.issuance import REFUSALS, IssuanceRequest, IssuedCertificate, Issuer
from ca.ledger import Ledger
from ca.profiles import CertificateProfile
from ca.renewal import Renewals
from hsm import PublicKey, SealBridgeError

GIVEN: Final = "certificates.given"
"""The job of what follows a download; payload: serial, of the signing certificate."""

_ENDS_IT: Final = (*REFUSALS, *FOR_GOOD)
_NOT_FOR_GOOD: Final = (ProfileUnknown, RenewalHeld)
"""An operator may put the profile back; the certificate may be released."""


@dataclass(frozen=True, slots=True)
class Downloaded:
    """What an application gave. ``encryption``: the second half of a dual certificate; ``bids``: those that
    only the encryption half before it opens."""

    signing: IssuedCertificate
    encryption: IssuedCertificate | None
    bids: Waiting | None = None


@dataclass(frozen=True, slots=True)
class Ca:
    """What downloads need of the certification authority."""

    issuer: Issuer
    renewals: Renewals
    ledger: Ledger
    authorities: Authorities
    profiles: Mapping[str, CertificateProfile]


@dataclass(frozen=True, slots=True)
class Approved:
    """An application that may give certificates. ``given``: what it gave already, the signing half first."""

    known: Application
    product: Product
    given: tuple[Holding, ...]


class Issuing:
    """Issues for approved applications, whatever their custody.

    ``carry_out``: has changed data of an enterprise take effect, unless the job did it before.
    """

    def __init__(
        self,
        db: Database,
        ca: Ca,
        id_numbers: IdNumbers,
        carry_out: Callable[[str], None],
        clock: Callable[[], datetime],
        journal: Journal,
    ) -> None:
        self.ca = ca
        self._db = db
        self._id_numbers = id_numbers
        self._carry_out = carry_out
        self._clock = clock
        self._journal = journal

    def of_person(self, person_id: int, application_id: str) -> Approved:
        """A person's application as it stands; changed data of an enterprise have taken effect.

        Raises NotFound.
        """
        found = self._read(person_id, application_id)
        if found.known.kind is ApplicationKind.CHANGE and found.known.status is Status.APPROVED:
            with suppress(WrongMove):  # the job was a moment faster
                self._carry_out(found.known.id)
            found = self._read(person_id, application_id)
        return found

    def before(self, approved: Approved) -> tuple[Holding, ...]:
        """The halves of the certificate that is to be followed. Raises what ``check_entitled`` raises."""
        with self._db.read() as tx:
            before = _before(tx, approved.known)
            check_entitled(tx, approved.known, approved.product, before)
        return before

    def plan(self, approved: Approved, before: tuple[Holding, ...], kept: Holding | None = None) -> Making:
        """What is to be made. ``kept``: the encryption half that goes on."""
        return planned(approved.known, approved.product, self.ca.profiles, before, kept)

    def requests(self, making: Making, keys: Sequence[PublicKey]) -> list[IssuanceRequest]:
        """What the CA is asked for, a request for each half."""
        return [
            requested(making, half, key, self._id_numbers)
            for half, key in zip(making.halves, keys, strict=True)
        ]

    def issue(self, making: Making, keys: Sequence[PublicKey], restored: bytes | None = None) -> Downloaded:
        """The certificates over ``keys``, a key for each half; issued and recorded once.

        ``restored``: what opens the kept half from now on. Raises RequestInProgress, RenewalHeld, HsmError,
        what ``check_entitled`` raises, and ``ca.issuance.REFUSALS``.
        """
        signing, *rest = self._issue(making.known, self.requests(making, keys))
        if making.kept is not None:
            rest = [self.certificate(making.kept.serial)]
        made = Downloaded(signing, rest[0] if rest else None)
        self._record(making, made, restored)
        with self._db.read() as tx:
            return replace(made, bids=bids_before(tx, f"{signing.serial:x}", self._clock()))

    def again(self, given: Sequence[Holding]) -> Downloaded:
        """What was given before."""
        signing, *rest = (self.certificate(one.serial) for one in given)
        with self._db.read() as tx:
            bids = bids_before(tx, given[0].serial, self._clock())
        return Downloaded(signing, rest[0] if rest else None, bids)

    def certificate(self, serial: str) -> IssuedCertificate:
        """A certificate of the ledger with its issuers."""
        entry = self.ca.ledger.find(int(serial, 16))
        issuing = self.ca.authorities.find(entry.issuer).authority
        return IssuedCertificate(entry.serial, entry.certificate, (issuing.certificate, *issuing.chain))

    def subject_of(self, making: Making, half: Half) -> x509.Name:
        """Whom a certificate will name. Raises ProfileUnknown, SubjectRefused."""
        return self.ca.issuer.subject_of(half.profile, subject_facts(making.known, self._id_numbers))

    @contextmanager
    def ending(self, known: Application, but: tuple[type[CaError], ...] = ()) -> Iterator[None]:
        """What is refused for good in this block ends the application: its end tells the applicant and gives
        the money back. ``but``: refusals that do not."""
        try:
            yield
        except _ENDS_IT as refused:
            if not isinstance(refused, (*_NOT_FOR_GOOD, *but)):
                self._fail(known, refused)
            raise

    def _read(self, person_id: int, application_id: str) -> Approved:
        with self._db.read() as tx:
            known = applications.find_own(tx, application_id, person_id)
            product = find_product(tx, known.product, known.product_version)
            return Approved(known, product, tuple(queries.of_application(tx, known.id)))

    def _issue(self, known: Application, requests: list[IssuanceRequest]) -> list[IssuedCertificate]:
        if known.kind is ApplicationKind.RENEWAL:
            return self.ca.renewals.renew_together(requests)
        if known.kind is not ApplicationKind.PIN_RESET:
            return self.ca.issuer.issue_together(requests)
        return [
            self.ca.renewals.replace(one.replaces, one.request_id, one.public_key)
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
                check_entitled(tx, known, making.product, making.before, hold=True)
                take_effect(tx, known, making.product, now, approved)
                succeed(tx, making, signing.serial, now)
                queries.add(tx, signing, second)
                tell_of_bids(tx, known.person_id, signing.serial, now)
                enqueue(tx, GIVEN, {"serial": signing.serial}, run_at=now, key=f"{GIVEN}:{signing.serial}")
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
        deed = Deed(Actor.SYSTEM, applications.SYSTEM, Action.FAIL, note=refused.code)
        with suppress(WrongMove), self._db.write() as tx:
            applications.advance(tx, known, deed, self._clock(), reason=refused.message)


def _before(tx: Connection, known: Application) -> tuple[Holding, ...]:
    if known.kind in FIRST or known.serial is None:
        return ()
    held = queries.find(tx, known.serial)
    return tuple(queries.of_application(tx, held.application_id))
