"""The case file: all that an application is judged by, side by side, every version of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from itertools import pairwise

from sqlalchemy import Connection

from api.accounts.rules import mask_phone
from api.accounts.sessions import Operator
from api.applications import evidence, queries
from api.applications.evidence import Evidence, EvidenceKind, Piece, Wanted
from api.applications.identities import opened_holder_id, opened_legal_person_id
from api.applications.kinds import approvals
from api.applications.model import Application, Event, Particulars, Version
from api.applications.outward import CertificatesAtHand
from api.catalogue.queries import Product, find_product
from api.db import Database
from api.enterprises.rules import permission_text
from api.errors import NotFound
from api.payments import queries as orders
from api.payments.queries import Order
from api.realname.id_numbers import IdNumbers, mask_id_number
from api.review import claims, decisions, runs, surroundings
from api.review.claims import Claim
from api.review.differences import NAMES, Difference, Told, differences
from api.review.runs import Run
from api.review.service.refused import refusals_of
from api.review.signatures import Finding, Judge
from api.review.surroundings import CertificateNearby, EnterpriseRecord, RealName
from ca.audit.event import Action as JournalAction
from ca.audit.event import Event as JournalEvent
from ca.audit.journal import Journal

SEALED = (EvidenceKind.SIGNED_FORM, EvidenceKind.SIGNED_LETTER)


@dataclass(frozen=True, slots=True)
class VersionFile:
    """One version: what it said, its evidence, the signatures on form and letter, and the newest checks.

    ``told``: numbers readable in ``values``, masked in ``shown``.
    """

    version: Version
    product: Product
    pieces: list[Piece]
    signatures: list[Finding]
    run: Run | None
    told: Told


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case. ``approvals``: operators who must agree. ``wanted``: by the return before this version."""

    application: Application
    approvals: int
    versions: list[VersionFile]
    differences: list[Difference]
    events: list[Event]
    claim: Claim | None
    wanted: list[Wanted]
    order: Order | None
    real_name: RealName | None
    enterprise: EnterpriseRecord | None
    applications: list[Application]
    certificates: list[CertificateNearby]

    @property
    def current(self) -> VersionFile:
        """The version that is judged."""
        return self.versions[-1]


@dataclass(frozen=True, slots=True)
class Revealed:
    """Numbers as they are."""

    holder_id: str
    holder_phone: str
    legal_person_id: str | None


class Cases:
    """Reads cases."""

    def __init__(
        self,
        db: Database,
        id_numbers: IdNumbers,
        judge: Judge,
        certificates: CertificatesAtHand,
        clock: Callable[[], datetime],
        journal: Journal,
    ) -> None:
        self._db = db
        self._id_numbers = id_numbers
        self._judge = judge
        self._certificates = certificates
        self._clock = clock
        self._journal = journal

    def file(self, application_id: str) -> CaseFile:
        """One application with everything around it. Raises NotFound."""
        now = self._clock()
        with self._db.read() as tx:
            known = queries.find(tx, application_id)
            versions = [self._version(tx, known, one, now) for one in queries.versions(tx, known.id)]
            product = versions[-1].product
            holder_id = opened_holder_id(self._id_numbers, known)
            return CaseFile(
                application=known,
                approvals=approvals(known.kind, new=product.approvals, renewal=product.renewal_approvals),
                versions=versions,
                differences=[one for a, b in pairwise(versions) for one in differences(a.told, b.told)],
                events=queries.events(tx, known.id),
                claim=claims.of(tx, known.id, now),
                wanted=decisions.wanted_of(
                    tx, known.id, known.revision - 1
                ),  # a return begins the next version
                order=orders.newest(tx, known.id),
                real_name=surroundings.real_name_of(tx, known, holder_id, self._id_numbers.find_by, now),
                enterprise=surroundings.record_of(tx, known.credit_code),
                applications=surroundings.applications_near(tx, known),
                certificates=surroundings.certificates_near(tx, known, self._certificates),
            )

    def evidence(
        self, application_id: str, *kinds: EvidenceKind, revision: int | None = None, name: str = ""
    ) -> Evidence:
        """The first of ``kinds`` that a version has; the current one, unless another is named.

        Forms and pictures show numbers that the case file masks: who opened which is in the journal.
        Raises NotFound.
        """
        with self._db.read() as tx:
            known = queries.find(tx, application_id)
            found = evidence.fetch(tx, known.id, revision or known.revision, *kinds, name=name)
        detail = {"kind": found.kind, "name": found.name, "sha256": found.sha256}
        self._journal.record(JournalEvent(JournalAction.CASE_FILE_OPENED, known.id, detail=detail))
        return found

    def reveal(self, operator: Operator, application_id: str, revision: int | None) -> Revealed:
        """显示完整证件号, of one's own case; the journal has who, when and which version.

        Raises NotFound, ClaimNeeded, CaseClaimed.
        """
        with refusals_of(self._journal, JournalAction.CASE_REVEALED, application_id), self._db.write() as tx:
            known = queries.find(tx, application_id)
            claims.hold(tx, known.id, operator, self._clock())
            said = as_of(tx, known, revision or known.revision)
            detail = {"revision": revision or known.revision}
            self._journal.append(tx, JournalEvent(JournalAction.CASE_REVEALED, known.id, detail=detail))
        legal_person_id = opened_legal_person_id(self._id_numbers, said)
        return Revealed(opened_holder_id(self._id_numbers, said), said.holder_phone, legal_person_id)

    def _version(self, tx: Connection, known: Application, one: Version, now: datetime) -> VersionFile:
        pieces = evidence.pieces(tx, known.id, one.revision)
        product = find_product(tx, one.product, one.product_version)
        return VersionFile(
            version=one,
            product=product,
            pieces=pieces,
            signatures=self._signatures(tx, known.id, one, pieces, now),
            run=runs.newest(tx, known.id, one.revision),
            told=self._told(_said_in(known, one), product, pieces),
        )

    def _signatures(
        self, tx: Connection, application_id: str, one: Version, pieces: list[Piece], now: datetime
    ) -> list[Finding]:
        found: list[Finding] = []
        for kind in SEALED:
            if any(piece.kind is kind for piece in pieces):
                content = evidence.fetch(tx, application_id, one.revision, kind).content
                found += self._judge.findings(tx, content, one.credit_code, now)
        return found

    def _told(self, said: Application, product: Product, pieces: list[Piece]) -> Told:
        values: dict[str, str | None] = {name: getattr(said, name) for name in NAMES if hasattr(said, name)}
        values |= {"holder_id": opened_holder_id(self._id_numbers, said)}
        values |= {"legal_person_id": opened_legal_person_id(self._id_numbers, said)}
        values |= {"permissions": permission_text(said.permissions) if said.permissions else None}
        values |= {"product": f"{product.code} v{product.version}"}
        shown = values | {"holder_phone": mask_phone(said.holder_phone)}
        for name in ("holder_id", "legal_person_id"):
            number = values[name]
            shown[name] = None if number is None else mask_id_number(number)
        return Told(said.revision, values, shown, pieces)


def as_of(tx: Connection, known: Application, revision: int) -> Application:
    """The application as it was in one of its versions. Raises NotFound."""
    for one in queries.versions(tx, known.id):
        if one.revision == revision:
            return _said_in(known, one)
    raise NotFound("no such version")


def _said_in(known: Application, one_version: Version) -> Application:
    said = {one.name: getattr(one_version, one.name) for one in fields(Particulars)}
    return replace(known, **said, revision=one_version.revision)
