"""Reading the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, and_, select

from api.catalogue.rules import Attachment, CertificateKind, Occasion, approvals_for, is_offered
from api.catalogue.tables import authority, change, platform, product, product_version, province
from api.errors import NotFound
from api.paging import PageRequest, Part, fetch


@dataclass(frozen=True, slots=True)
class Product:
    """One version of a certificate product, with the names that forms show.

    ``fee_fen``: in hundredths of a yuan. ``approvals``, ``renewal_approvals``: operators who must agree, 0 to
    2. ``on_offer`` is the operator's switch; whether it can be applied for is ``is_offered``.
    """

    code: str
    version: int
    kind: CertificateKind
    name: str
    platform: str
    platform_name: str
    authority: str
    authority_name: str
    profile: str
    encryption_profile: str | None
    custody: str
    key_kind: str
    validity_days: int
    fee_fen: int
    term: str
    scope: str
    attachments: tuple[Attachment, ...]
    approvals: int
    renewal_approvals: int
    on_offer: bool
    offered_from: datetime | None
    offered_until: datetime | None

    @property
    def dual(self) -> bool:
        """Whether a signing and an encryption certificate are issued together."""
        return self.encryption_profile is not None

    def is_offered(self, now: datetime) -> bool:
        """Whether it can be applied for now."""
        return is_offered(self.on_offer, self.offered_from, self.offered_until, now)

    def approvals_for(self, occasion: Occasion) -> int:
        """How many operators must approve on this occasion."""
        return approvals_for(occasion, self.approvals, self.renewal_approvals)


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody made of a part of the catalogue. ``value``: all of it as it was from then on."""

    id: int
    at: datetime
    operator: str
    subject: str
    code: str
    version: int
    value: dict[str, Any]


_VERSIONS = (
    select(product_version, platform.c.name.label("platform_name"), authority.c.name.label("authority_name"))
    .join(platform, platform.c.code == product_version.c.platform)
    .join(authority, authority.c.code == product_version.c.authority)
)
_PRESENT = _VERSIONS.join(
    product, and_(product.c.code == product_version.c.code, product.c.version == product_version.c.version)
)


def find_product(tx: Connection, code: str, version: int | None = None) -> Product:
    """A product, on offer or not: as it is now, or in an earlier ``version``. Raises NotFound."""
    asked = _PRESENT if version is None else _VERSIONS.where(product_version.c.version == version)
    row = tx.execute(asked.where(product_version.c.code == code)).one_or_none()
    if row is None:
        raise NotFound(f"no product {code!r}" + ("" if version is None else f" in version {version}"))
    return _product(row)


def all_products(tx: Connection) -> list[Product]:
    """Every product as it is now, on offer or not."""
    return [_product(row) for row in tx.execute(_PRESENT.order_by(product_version.c.code))]


def products_on_offer(tx: Connection, now: datetime) -> list[Product]:
    """The products that can be applied for."""
    return [one for one in all_products(tx) if one.is_offered(now)]


def provinces(tx: Connection) -> list[dict[str, Any]]:
    """code, name and version of each province."""
    return _rows(tx, province)


def platforms(tx: Connection) -> list[dict[str, Any]]:
    """code, province, name and version of each trading platform."""
    return _rows(tx, platform)


def authorities(tx: Connection) -> list[dict[str, Any]]:
    """code, name and version of each CA."""
    return _rows(tx, authority)


def changes(tx: Connection, subject: str | None, code: str | None, page: PageRequest) -> Part[Change]:
    """The history of all or of one part, newest first."""
    asked = select(change)
    for column, wanted in ((change.c.subject, subject), (change.c.code, code)):
        asked = asked if wanted is None else asked.where(column == wanted)
    return fetch(tx, asked, page, [change.c.id]).map(lambda row: Change(**row._mapping))


def _rows(tx: Connection, table: Table) -> list[dict[str, Any]]:
    return [dict(row) for row in tx.execute(select(table).order_by(table.c.code)).mappings()]


def _product(row: Row[Any]) -> Product:
    values = dict(row._mapping)
    values["kind"] = CertificateKind(values["kind"])
    values["attachments"] = tuple(Attachment(**one) for one in values["attachments"])
    return Product(**values)
