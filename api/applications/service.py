"""What an applicant does: apply, add the licence, submit, withdraw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from api.accounts.sessions import Person
from api.applications import evidence, queries
from api.applications.evidence import Evidence, EvidenceKind
from api.applications.form import rendered_form
from api.applications.identities import sealed_holder_id, sealed_legal_person_id
from api.applications.kinds import ApplicationKind
from api.applications.numbers import new_number
from api.applications.pictures import MEDIA_TYPE, normalised
from api.applications.queries import Application, Deed, Event
from api.applications.rules import (
    EDITABLE,
    MOST_OPEN,
    Action,
    Actor,
    Complete,
    Status,
    TooManyOpen,
    WrongMove,
    check_complete,
)
from api.catalogue.queries import Product, find_product
from api.db import Database
from api.enterprises.claims import Claim, check_name
from api.enterprises.id_numbers import IdNumbers
from api.errors import NotFound
from api.paging import PageRequest, Part
from ca.identifiers import check_id_number


@dataclass(frozen=True, slots=True)
class Administrator:
    """Who will administer the certificate for the enterprise (管理员)."""

    name: str
    id_number: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """An application with what belongs to it. ``digests``: SHA-256 of each piece of evidence."""

    application: Application
    product: Product
    digests: dict[EvidenceKind, str]
    events: list[Event]


class Applications:
    """认领企业 and 证书申领, by the person who applies. Somebody else's application is NotFound."""

    def __init__(self, db: Database, id_numbers: IdNumbers, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._id_numbers = id_numbers
        self._clock = clock

    def apply(self, person: Person, claim: Claim, administrator: Administrator, product: str) -> Application:
        """A new draft with its filled form.

        Raises NameInvalid, InvalidIdNumber, NotFound (product), TooManyOpen, GlyphsMissing, FormFieldRefused.
        """
        now = self._clock()
        with self._db.read() as tx:
            chosen = find_product(tx, product)
        if not chosen.is_offered(now):
            raise NotFound(f"{product} is not on offer")
        name = check_name("管理员姓名", administrator.name)
        id_number = check_id_number(administrator.id_number)
        new = self._draft(person, claim, chosen, name, id_number, now)
        form = rendered_form(new, chosen, claim.legal_person_id, id_number)
        with self._db.write() as tx:
            if queries.count_open(tx, person.id) >= MOST_OPEN:
                raise TooManyOpen(f"at most {MOST_OPEN} open applications")
            queries.add(tx, new)
            evidence.keep(tx, new, EvidenceKind.FORM, "application/pdf", form, now)
        return new

    def add_licence(self, person: Person, application_id: str, uploaded: bytes) -> str:
        """Keep the picture of the licence in place of an earlier one; returns its SHA-256.

        Raises PictureInvalid, PictureTooLarge, WrongMove once the application is submitted.
        """
        with self._db.read() as tx:
            _check_editable(queries.find_own(tx, application_id, person.id))
        picture = normalised(uploaded)
        with self._db.write() as tx:
            known = queries.find_own(tx, application_id, person.id)
            _check_editable(known)
            return evidence.keep(tx, known, EvidenceKind.LICENCE, MEDIA_TYPE, picture, self._clock())

    def add_paper_form(self, person: Person, application_id: str, uploaded: bytes) -> str:
        """Keep the photo of the form that was printed, signed and sealed on paper; returns its SHA-256.

        A better photo may replace it until submission. Raises PictureInvalid, PictureTooLarge, WrongMove
        (submitted, or signed by a lock).
        """
        with self._db.read() as tx:
            _check_editable(queries.find_own(tx, application_id, person.id))
        picture, now = normalised(uploaded), self._clock()
        with self._db.write() as tx:
            found = queries.find_own(tx, application_id, person.id)
            is_better_photo = EvidenceKind.PAPER_FORM in evidence.digests(tx, found)
            if not (is_better_photo and found.status in EDITABLE):
                deed = Deed(Actor.APPLICANT, str(person.id), Action.UPLOAD_PAPER)
                queries.advance(tx, found, deed, now)
            return evidence.keep(tx, found, EvidenceKind.PAPER_FORM, MEDIA_TYPE, picture, now)

    def all_of(self, person: Person, page: PageRequest) -> Part[Application]:
        """The person's applications, newest first."""
        with self._db.read() as tx:
            return queries.of_person(tx, person.id, page)

    def dossier(self, person: Person, application_id: str) -> Dossier:
        """One application with its evidence and history."""
        with self._db.read() as tx:
            found = queries.find_own(tx, application_id, person.id)
            return Dossier(
                found,
                find_product(tx, found.product, found.product_version),
                evidence.digests(tx, found),
                queries.events(tx, found.id),
            )

    def form(self, person: Person, application_id: str) -> Evidence:
        """The form, with the enterprise's seal once it has one."""
        with self._db.read() as tx:
            found = queries.find_own(tx, application_id, person.id)
            return evidence.fetch(tx, found.id, found.revision, EvidenceKind.SIGNED_FORM, EvidenceKind.FORM)

    def submit(self, person: Person, application_id: str) -> Status:
        """提交申请. Raises LicenceMissing, FormNotSigned, WrongMove."""
        with self._db.write() as tx:
            found = queries.find_own(tx, application_id, person.id)
            has = Complete(licence=EvidenceKind.LICENCE in evidence.digests(tx, found))
            check_complete(found.kind, found.status, has)
            deed = Deed(Actor.APPLICANT, str(person.id), Action.SUBMIT)
            return queries.advance(tx, found, deed, self._clock())

    def withdraw(self, person: Person, application_id: str) -> Status:
        """撤回申请. Raises WrongMove."""
        with self._db.write() as tx:
            found = queries.find_own(tx, application_id, person.id)
            deed = Deed(Actor.APPLICANT, str(person.id), Action.WITHDRAW)
            return queries.advance(tx, found, deed, self._clock())

    def _draft(
        self, person: Person, claim: Claim, product: Product, name: str, id_number: str, now: datetime
    ) -> Application:
        number = new_number(now)
        return Application(
            id=number,
            kind=ApplicationKind.CLAIM,
            person_id=person.id,
            product=product.code,
            product_version=product.version,
            status=Status.DRAFT,
            enterprise_name=claim.name,
            credit_code=claim.credit_code,
            legal_person=claim.legal_person,
            legal_person_id=sealed_legal_person_id(self._id_numbers, number, claim.legal_person_id),
            holder_name=name,
            holder_id=sealed_holder_id(self._id_numbers, number, id_number),
            holder_phone=person.phone,
            created_at=now,
            updated_at=now,
        )


def _check_editable(known: Application) -> None:
    if known.status not in EDITABLE:
        raise WrongMove(f"evidence cannot be added once it is {known.status}", status=known.status)
