"""去申请: a new application of any kind, with its paper."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from api.accounts import persons
from api.applications import evidence, queries
from api.applications.asked import Applicant, Asked
from api.applications.errors import UnderWay
from api.applications.evidence import EvidenceKind
from api.applications.identities import opened_holder_id, opened_legal_person_id
from api.applications.kinds import NEEDS, ApplicationKind
from api.applications.model import Application, Particulars
from api.applications.numbers import new_number
from api.applications.papers import Readable, rendered
from api.applications.rules import MOST_OPEN, Status, TooManyOpen
from api.applications.service.drafts import Draft, Drafts
from api.db import Database
from api.enterprises.lookup import count_lookup
from api.realname.id_numbers import IdNumbers

_PDF: Final = "application/pdf"
_ONE_AN_ENTERPRISE: Final = frozenset({ApplicationKind.JOIN, ApplicationKind.CHANGE})


class Applying:
    """Makes applications."""

    def __init__(
        self, db: Database, drafts: Drafts, id_numbers: IdNumbers, clock: Callable[[], datetime]
    ) -> None:
        self._db = db
        self._drafts = drafts
        self._id_numbers = id_numbers
        self._clock = clock

    def apply(self, applicant: Applicant, asked: Asked) -> Application:
        """A new draft with its filled form or letter.

        Raises what ``Drafts.draft`` and ``count_if_lookup`` raise, UnderWay, TooManyOpen, GlyphsMissing,
        FormFieldRefused.
        """
        now = self._clock()
        number = new_number(now)
        count_if_lookup(self._db, applicant, asked, now)
        with self._db.read() as tx:
            draft = self._drafts.draft(tx, number, applicant, asked, now)
        new = _application(number, applicant, asked, draft, now)
        paper = rendered(readable(self._id_numbers, new, draft))
        with self._db.write() as tx:
            check_room(tx, new)
            queries.add(tx, new)
            if paper is not None:
                evidence.keep(tx, new, paper_kind(new.kind), _PDF, paper, now)
        return new


def readable(id_numbers: IdNumbers, known: Application, draft: Draft) -> Readable:
    """The application as its paper shows it."""
    return Readable(
        known,
        draft.product,
        opened_holder_id(id_numbers, known),
        opened_legal_person_id(id_numbers, known),
        draft.before,
    )


def paper_kind(kind: ApplicationKind) -> EvidenceKind:
    """How the paper of this kind of application is kept."""
    return EvidenceKind.LETTER if NEEDS[kind].letter else EvidenceKind.FORM


def _application(number: str, applicant: Applicant, asked: Asked, draft: Draft, now: datetime) -> Application:
    said = {name: getattr(draft.said, name) for name in Particulars.__slots__}
    return Application(
        id=number,
        kind=asked.kind,
        person_id=applicant.id,
        status=Status.DRAFT,
        serial=draft.serial,
        created_at=now,
        updated_at=now,
        **said,
    )


def count_if_lookup(db: Database, applicant: Applicant, asked: Asked, now: datetime) -> None:
    """Asking to join tells whether an enterprise of that name and code is here. Raises LookupsUsedUp."""
    if asked.kind is ApplicationKind.JOIN:
        with db.write() as tx:
            count_lookup(tx, applicant.id, now)


def check_room(tx: Connection, new: Application) -> None:
    """Whether the person may have one more open application, and this one. Raises TooManyOpen, UnderWay."""
    persons.lock(tx, new.person_id)
    if queries.count_open(tx, new.person_id) >= MOST_OPEN:
        raise TooManyOpen(f"at most {MOST_OPEN} open applications")
    same = None
    if NEEDS[new.kind].certificate and new.serial is not None:
        same = queries.open_of_serial(tx, new.serial, new.kind)
    elif new.kind in _ONE_AN_ENTERPRISE and new.credit_code is not None:
        same = queries.open_of_enterprise(tx, new.credit_code, new.kind, new.person_id)
    if same is not None:
        raise UnderWay("the same is applied for already", application=same.id)
