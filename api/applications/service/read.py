"""我的申请: lists, one application with all that belongs to it, and its files."""

from __future__ import annotations

from dataclasses import dataclass

from api.accounts.sessions import Person
from api.applications import evidence, queries
from api.applications.evidence import Evidence, EvidenceKind, Piece, Wanted
from api.applications.model import Application, Event, Version
from api.applications.outward import WantedOf
from api.applications.rules import Status
from api.catalogue.queries import Product, find_product
from api.db import Database
from api.paging import PageRequest, Part

_PAPER = (
    EvidenceKind.SIGNED_FORM,
    EvidenceKind.FORM,
    EvidenceKind.SIGNED_LETTER,
    EvidenceKind.LETTER,
)


@dataclass(frozen=True, slots=True)
class Dossier:
    """An application with what belongs to its current version, and everything that happened.

    ``wanted``: what operators asked for, while it is returned.
    """

    application: Application
    product: Product
    pieces: list[Piece]
    events: list[Event]
    wanted: list[Wanted]


@dataclass(frozen=True, slots=True)
class KeptVersion:
    """What an application said in one version, and by what it was judged."""

    version: Version
    product: Product
    pieces: list[Piece]


class Reading:
    """Reads a person's own applications."""

    def __init__(self, db: Database, wanted_of: WantedOf) -> None:
        self._db = db
        self._wanted_of = wanted_of

    def all_of(self, person: Person, page: PageRequest) -> Part[Application]:
        """The person's applications, newest first."""
        with self._db.read() as tx:
            return queries.of_person(tx, person.id, page)

    def dossier(self, person: Person, application_id: str) -> Dossier:
        """One application with its evidence and history."""
        with self._db.read() as tx:
            found = queries.find_own(tx, application_id, person.id)
            wanted: list[Wanted] = []
            if found.status is Status.RETURNED:  # the version that was returned is the one before
                wanted = self._wanted_of(tx, found.id, found.revision - 1)
            return Dossier(
                found,
                find_product(tx, found.product, found.product_version),
                evidence.pieces(tx, found.id, found.revision),
                queries.events(tx, found.id),
                wanted,
            )

    def versions(self, person: Person, application_id: str) -> list[KeptVersion]:
        """All versions, the first one first."""
        with self._db.read() as tx:
            found = queries.find_own(tx, application_id, person.id)
            return [
                KeptVersion(
                    one,
                    find_product(tx, one.product, one.product_version),
                    evidence.pieces(tx, found.id, one.revision),
                )
                for one in queries.versions(tx, found.id)
            ]

    def paper(self, person: Person, application_id: str, revision: int | None = None) -> Evidence:
        """The form or letter, sealed once it is; of an earlier version if one is named."""
        with self._db.read() as tx:
            found = queries.find_own(tx, application_id, person.id)
            return evidence.fetch(tx, found.id, revision or found.revision, *_PAPER)

    def file(self, person: Person, application_id: str, kind: EvidenceKind, name: str = "") -> Evidence:
        """A file of the current version as it is kept. Raises NotFound."""
        with self._db.read() as tx:
            found = queries.find_own(tx, application_id, person.id)
            return evidence.fetch(tx, found.id, found.revision, kind, name=name)
