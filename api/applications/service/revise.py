"""重新申请: a refused application is corrected, and stands beside the version that was refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection

from api.applications import evidence, queries
from api.applications.asked import Applicant, Asked
from api.applications.errors import KindChanged
from api.applications.evidence import SEALED, EvidenceKind
from api.applications.model import Application, Deed, Particulars
from api.applications.papers import rendered
from api.applications.rules import Action, Actor, move
from api.applications.service.apply import check_room, count_if_lookup, paper_kind, readable
from api.applications.service.drafts import Draft, Drafts
from api.db import Database
from api.realname.id_numbers import IdNumbers
from api.timezone import CHINA

_ANEW: Final = (EvidenceKind.FORM, EvidenceKind.LETTER, EvidenceKind.SIGNED_LETTER)
_OF_ENTERPRISE: Final = (EvidenceKind.LICENCE, EvidenceKind.ATTACHMENT)


class Revising:
    """Begins new versions."""

    def __init__(
        self, db: Database, drafts: Drafts, id_numbers: IdNumbers, clock: Callable[[], datetime]
    ) -> None:
        self._db = db
        self._drafts = drafts
        self._id_numbers = id_numbers
        self._clock = clock

    def revise(
        self, applicant: Applicant, application_id: str, asked: Asked, *, sign_again: bool
    ) -> Application:
        """The next version, with every file that still holds.

        The seal on the form holds when the form says the same as before, unless ``sign_again``. Raises
        WrongMove, KindChanged, and what a new application may.
        """
        now = self._clock()
        count_if_lookup(self._db, applicant, asked, now)
        with self._db.read() as tx:
            known = queries.find_own(tx, application_id, applicant.id)
            move(known.kind, known.status, Action.REVISE, Actor.APPLICANT)
            if asked.kind is not known.kind:
                raise KindChanged(f"it is a {known.kind}")
            draft = self._drafts.draft(tx, known.id, applicant, asked, now)
            if draft.serial != known.serial:
                raise KindChanged("it is about another certificate")
            former = queries.versions(tx, known.id)[-1]
            digest = evidence.digests(tx, known).get(paper_kind(known.kind))
        before = self._paper(known, draft, former.created_at.astimezone(CHINA).date())
        same = before is not None and evidence.digest_of(before) == digest
        paper = before if same else self._paper(known, draft, now.astimezone(CHINA).date())
        with self._db.write() as tx:
            check_room(tx, _saying(known, draft))
            new = queries.revise(
                tx, known, draft.said, Deed(Actor.APPLICANT, str(applicant.id), Action.REVISE), now
            )
            _carry_over(tx, known, new, sealed=same and not sign_again)
            if paper is not None:
                evidence.keep(tx, new, paper_kind(new.kind), "application/pdf", paper, now)
            return _signed_as_before(tx, new, now)

    def _paper(self, known: Application, draft: Draft, made_on: date) -> bytes | None:
        told = readable(self._id_numbers, _saying(known, draft), draft)
        return rendered(replace(told, made_on=made_on))


def _saying(known: Application, draft: Draft) -> Application:
    return replace(known, **{name: getattr(draft.said, name) for name in Particulars.__slots__})


def _carry_over(tx: Connection, known: Application, new: Application, *, sealed: bool) -> None:
    without = list(_ANEW)
    if not sealed:
        without += [*SEALED, EvidenceKind.SIGNATURE]
    if new.credit_code != known.credit_code:
        without += _OF_ENTERPRISE
    evidence.carry_over(tx, new, known.revision, *without)


def _signed_as_before(tx: Connection, new: Application, now: datetime) -> Application:
    if not set(SEALED) & evidence.digests(tx, new).keys():
        return new
    queries.advance(tx, new, Deed(Actor.SYSTEM, queries.SYSTEM, Action.CARRY_OVER), now)
    return queries.find(tx, new.id)
