"""What the checks look at, gathered in one transaction; nothing slow happens while it is open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from api.applications import evidence
from api.applications.evidence import EvidenceKind, Piece
from api.applications.identities import opened_holder_id, opened_legal_person_id
from api.applications.kinds import NEEDS, Needs
from api.applications.model import Application
from api.applications.rules import OPEN, UNSUBMITTED
from api.applications.tables import application
from api.applications.tables import evidence as evidence_table
from api.enterprises.administration import administrator_of
from api.realname.id_numbers import IdNumbers
from api.review.signatures import Finding, Judge
from api.review.surroundings import RealName, real_name_of

_PICTURES: Final = (EvidenceKind.LICENCE, EvidenceKind.PAPER_FORM, EvidenceKind.ATTACHMENT)
_MOST_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Twin:
    """The same picture in another's application."""

    kind: EvidenceKind
    application_id: str


@dataclass(frozen=True, slots=True)
class Subject:
    """An application as a version of it was, with what is known around it.

    ``form``, ``letter``: the signatures on them; None where there is no signed one. ``rivals``: applications
    of other persons for the same enterprise and of the same kind, under way. ``administrator``: of the
    enterprise.
    """

    application: Application
    holder_id: str = field(repr=False)
    legal_person_id: str | None = field(repr=False)
    real_name: RealName | None
    licence: bytes | None
    paper: bytes | None
    form: list[Finding] | None
    letter: list[Finding] | None
    rivals: tuple[str, ...]
    twins: tuple[Twin, ...]
    administrator: int | None
    at: datetime

    @property
    def needs(self) -> Needs:
        """Of its kind."""
        return NEEDS[self.application.kind]


def gather(
    tx: Connection,
    said: Application,
    id_numbers: IdNumbers,
    judge: Judge,
    at: datetime,
) -> Subject:
    """``said``: the application as it was in the version that is checked."""
    pieces = evidence.pieces(tx, said.id, said.revision)
    there = {one.kind for one in pieces}
    content = _contents(tx, said, there)
    holder_id = opened_holder_id(id_numbers, said)
    code = said.credit_code
    signed = {
        kind: judge.findings(tx, made, code, at)
        for kind in (EvidenceKind.SIGNED_FORM, EvidenceKind.SIGNED_LETTER)
        if (made := content(kind)) is not None
    }
    return Subject(
        application=said,
        holder_id=holder_id,
        legal_person_id=opened_legal_person_id(id_numbers, said),
        real_name=real_name_of(tx, said, holder_id, id_numbers.find_by, at),
        licence=content(EvidenceKind.LICENCE),
        paper=content(EvidenceKind.PAPER_FORM),
        form=signed.get(EvidenceKind.SIGNED_FORM),
        letter=signed.get(EvidenceKind.SIGNED_LETTER),
        rivals=_rivals(tx, said),
        twins=_twins(tx, said, pieces),
        administrator=None if code is None else administrator_of(tx, code),
        at=at,
    )


def _contents(
    tx: Connection, said: Application, there: set[EvidenceKind]
) -> Callable[[EvidenceKind], bytes | None]:
    def content(kind: EvidenceKind) -> bytes | None:
        return evidence.fetch(tx, said.id, said.revision, kind).content if kind in there else None

    return content


def _rivals(tx: Connection, said: Application) -> tuple[str, ...]:
    if said.credit_code is None:
        return ()
    about = (application.c.credit_code == said.credit_code) & (application.c.kind == said.kind)
    under_way = application.c.status.in_(OPEN - UNSUBMITTED) & (application.c.person_id != said.person_id)
    asked = select(application.c.id).where(about, under_way, application.c.id != said.id)
    return tuple(row.id for row in tx.execute(asked.order_by(application.c.id).limit(_MOST_NAMED)))


def _twins(tx: Connection, said: Application, pieces: list[Piece]) -> tuple[Twin, ...]:
    digests = {one.sha256: one.kind for one in pieces if one.kind in _PICTURES}
    same = evidence_table.c.sha256.in_(digests) & (evidence_table.c.application_id != said.id)
    if said.credit_code is None:
        other = application.c.person_id != said.person_id
    else:
        other = application.c.credit_code.is_distinct_from(said.credit_code)
    asked = select(evidence_table.c.sha256, application.c.id).distinct()
    asked = asked.join(application, application.c.id == evidence_table.c.application_id)
    found = asked.where(same, other).order_by(application.c.id).limit(_MOST_NAMED)
    return tuple(Twin(digests[row.sha256], row.id) for row in tx.execute(found))
