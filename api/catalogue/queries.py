"""Reading the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, select

from api.catalogue.tables import authority, platform, product, province
from api.errors import NotFound


@dataclass(frozen=True, slots=True)
class Product:
    """A certificate product with the names that forms show. ``fee_fen``: in hundredths of a yuan."""

    code: str
    name: str
    platform: str
    platform_name: str
    authority: str
    authority_name: str
    profile: str
    custody: str
    key_kind: str
    validity_days: int
    fee_fen: int
    term: str
    scope: str
    on_offer: bool
    approvals: int
    encryption_profile: str | None

    @property
    def dual(self) -> bool:
        """Whether a signing and an encryption certificate are issued together."""
        return self.encryption_profile is not None


_PRODUCTS = (
    select(product, platform.c.name.label("platform_name"), authority.c.name.label("authority_name"))
    .join(platform, platform.c.code == product.c.platform)
    .join(authority, authority.c.code == product.c.authority)
)


def find_product(tx: Connection, code: str) -> Product:
    """A product, on offer or not. Raises NotFound."""
    row = tx.execute(_PRODUCTS.where(product.c.code == code)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"no product {code!r}")
    return Product(**row)


def products_on_offer(tx: Connection) -> list[Product]:
    """The products that can be applied for."""
    asked = _PRODUCTS.where(product.c.on_offer).order_by(product.c.code)
    return [Product(**row) for row in tx.execute(asked).mappings()]


def provinces(tx: Connection) -> list[dict[str, Any]]:
    """code and name of each province."""
    return _rows(tx, province)


def platforms(tx: Connection) -> list[dict[str, Any]]:
    """code, province and name of each trading platform."""
    return _rows(tx, platform)


def authorities(tx: Connection) -> list[dict[str, Any]]:
    """code and name of each CA."""
    return _rows(tx, authority)


def _rows(tx: Connection, table: Table) -> list[dict[str, Any]]:
    return [dict(row) for row in tx.execute(select(table).order_by(table.c.code)).mappings()]
