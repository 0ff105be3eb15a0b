"""What people choose from, and what managers change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError

from api.accounts.sessions import Operator
from api.catalogue import editing, queries
from api.catalogue.checking import check_printable, check_profiles
from api.catalogue.editing import Edit
from api.catalogue.errors import CatalogueChanged
from api.catalogue.queries import Change, Product
from api.catalogue.rules import (
    Attachment,
    CertificateKind,
    Custody,
    check_attachments,
    check_window,
    term_text,
)
from api.db import Database
from api.paging import PageRequest, Part
from ca.audit.event import Action, Event
from ca.audit.journal import Journal
from ca.profiles import CertificateProfile


@dataclass(frozen=True, slots=True)
class Contents:
    """The catalogue: rows of provinces, platforms and CAs, and products."""

    provinces: list[dict[str, Any]]
    platforms: list[dict[str, Any]]
    authorities: list[dict[str, Any]]
    products: list[Product]


@dataclass(frozen=True, slots=True)
class ProductTerms:
    """What a manager says of a product. The columns of ``Product`` that do not follow from others."""

    kind: CertificateKind
    name: str
    platform: str
    authority: str
    profile: str
    encryption_profile: str | None
    custody: str
    key_kind: str
    validity_days: int
    fee_fen: int
    scope: str
    attachments: tuple[Attachment, ...]
    approvals: int
    renewal_approvals: int
    on_offer: bool
    offered_from: datetime | None
    offered_until: datetime | None


class Catalogue:
    """The catalogue. ``profiles``: what the CA issues, against which products are checked."""

    def __init__(
        self,
        db: Database,
        profiles: Mapping[str, CertificateProfile],
        clock: Callable[[], datetime],
        journal: Journal,
    ) -> None:
        self._db = db
        self._profiles = profiles
        self._clock = clock
        self._journal = journal

    def offer(self) -> Contents:
        """What can be applied for now, with the provinces, platforms and CAs that lead to it."""
        now, everything = self._clock(), self.everything()
        products = [one for one in everything.products if one.is_offered(now)]
        platforms = _named(everything.platforms, {one.platform for one in products})
        return Contents(
            provinces=_named(everything.provinces, {one["province"] for one in platforms}),
            platforms=platforms,
            authorities=_named(everything.authorities, {one.authority for one in products}),
            products=products,
        )

    def everything(self) -> Contents:
        """All of it as it is now, products that are not on offer included."""
        with self._db.read() as tx:
            places = queries.provinces(tx), queries.platforms(tx), queries.authorities(tx)
            return Contents(*places, queries.all_products(tx))

    def product(self, code: str, version: int | None = None) -> Product:
        """One product, in its present or an earlier version. Raises NotFound."""
        with self._db.read() as tx:
            return queries.find_product(tx, code, version)

    def history(self, subject: str | None, code: str | None, page: PageRequest) -> Part[Change]:
        """Who changed what, newest first."""
        with self._db.read() as tx:
            return queries.changes(tx, subject, code, page)

    def put(self, operator: Operator, subject: str, code: str, replaces: int, value: dict[str, str]) -> int:
        """Add or change a province, platform or CA; returns its version.

        Raises CatalogueChanged, ReferenceUnknown, GlyphsMissing.
        """
        check_printable(value["name"])
        return self._write(Edit(subject, code, replaces, value, value, operator.name))

    def put_product(self, operator: Operator, code: str, replaces: int, terms: ProductTerms) -> int:
        """Add a product or give it a new version; returns the version. Applications keep theirs.

        Raises CatalogueChanged, ReferenceUnknown, KindFixed, GlyphsMissing, AttachmentRepeated,
        SaleWindowRefused, and what ``check_profiles`` raises.
        """
        check_window(terms.offered_from, terms.offered_until)
        check_attachments(terms.attachments)
        said = [text for one in terms.attachments for text in (one.name, one.note)]
        check_printable(terms.name, terms.scope, *said)
        check_profiles(
            self._profiles,
            terms.kind,
            terms.profile,
            terms.encryption_profile,
            terms.key_kind,
            terms.validity_days,
            escrow=terms.custody != Custody.LOCK,
        )
        row, value = product_row(terms)
        return self._write(Edit("product", code, replaces, value, row, operator.name))

    def _write(self, edit: Edit) -> int:
        try:
            with self._db.write() as tx:
                version = editing.put(tx, edit, self._clock())
                told: dict[str, str | int] = {"version": version, "name": str(edit.value["name"])}
                subject = f"{edit.subject}/{edit.code}"
                self._journal.append(tx, Event(Action.CATALOGUE_CHANGED, subject, detail=told))
        except IntegrityError:  # two added the same code at the same moment
            with self._db.read() as tx:
                present = editing.present_version(tx, edit.subject, edit.code)
            raise CatalogueChanged("another operator was first", version=present) from None
        return version


def product_row(terms: ProductTerms) -> tuple[dict[str, Any], dict[str, Any]]:
    """A product's terms as columns of its version, and as JSON can say them."""
    row = asdict(terms) | {"term": term_text(terms.validity_days, terms.fee_fen)}
    row["attachments"] = list(row["attachments"])
    moments = {"offered_from": terms.offered_from, "offered_until": terms.offered_until}
    return row, row | {name: at and at.isoformat() for name, at in moments.items()}


def _named(rows: list[dict[str, Any]], codes: set[str]) -> list[dict[str, Any]]:
    return [row for row in rows if row["code"] in codes]
