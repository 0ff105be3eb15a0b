"""The catalogue, as JSON."""

from __future__ import annotations

from api.wire import Answer


class ProvinceView(Answer):
    """A province."""

    code: str
    name: str


class PlatformView(Answer):
    """A trading platform."""

    code: str
    province: str
    name: str


class AuthorityView(Answer):
    """A CA."""

    code: str
    name: str


class ProductView(Answer):
    """A certificate that can be applied for. ``fee_fen``: price in 分; ``term``: validity and price as people
    read them; ``dual``: a signing and an encryption certificate are issued together (双证书).
    """

    code: str
    name: str
    platform: str
    authority: str
    validity_days: int
    fee_fen: int
    term: str
    scope: str
    dual: bool


class CatalogueView(Answer):
    """Everything the page 证书申领 chooses from."""

    provinces: list[ProvinceView]
    platforms: list[PlatformView]
    authorities: list[AuthorityView]
    products: list[ProductView]
