"""The catalogue over HTTP: everybody chooses from it (seed, section 四.4), managers change it."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from api.accounts.access import Auditing, Managing, Reading
from api.catalogue.schemas import (
    CODE_PATTERN,
    AuthorityEdit,
    CatalogueView,
    ChangeView,
    PlatformEdit,
    ProductEdit,
    ProductTermsView,
    ProvinceEdit,
    Subject,
    VersionView,
    WholeCatalogueView,
)
from api.catalogue.service import Catalogue
from api.etags import tagged
from api.openapi.refusals import refuses
from api.paging import Page, Paged

router = APIRouter(prefix="/v1", tags=["证书申领"])
operator_router = APIRouter(prefix="/v1/operator/catalogue", tags=["目录管理"])


def _catalogue(request: Request) -> Catalogue:
    found: Catalogue = request.app.state.services.catalogue
    return found


Service = Annotated[Catalogue, Depends(_catalogue)]
CodePath = Annotated[str, Path(pattern=CODE_PATTERN)]
_UNCHANGED: Final[dict[int | str, dict[str, Any]]] = {
    304: {"description": "Unchanged since the answer with the ETag in If-None-Match"}
}
Version = Annotated[int, Query(ge=1, le=2**31 - 1)]


@router.get("/catalogue", response_model=CatalogueView, responses=_UNCHANGED)
def catalogue(request: Request, service: Service) -> Response:
    """省份、交易平台、CA 机构、证书有效期和费用: what can be applied for now. Ask again with its ETag."""
    return tagged(request, CatalogueView.model_validate(service.offer()))


@operator_router.get("")
def everything(operator: Reading, service: Service) -> WholeCatalogueView:
    """查看目录: all of it, products that are not on offer included, with the versions in force."""
    return WholeCatalogueView.model_validate(service.everything())


@operator_router.get("/history")
def history(
    operator: Auditing,
    service: Service,
    page: Paged,
    subject: Subject | None = None,
    code: Annotated[str | None, Query(pattern=CODE_PATTERN)] = None,
) -> Page[ChangeView]:
    """目录变更记录: who changed what and when, newest first."""
    return page.page(service.history(subject, code, page).map(ChangeView.model_validate))


@operator_router.get("/products/{code}")
@refuses("not_found")
def product(
    code: CodePath, operator: Reading, service: Service, version: Version | None = None
) -> ProductTermsView:
    """查看证书产品: as it is now, or in the version that an application was made under."""
    return ProductTermsView.model_validate(service.product(code, version))


@operator_router.put("/provinces/{code}")
@refuses("catalogue_changed", "catalogue_reference_unknown", "glyphs_missing", "product_kind_fixed")
def put_province(code: CodePath, body: ProvinceEdit, operator: Managing, service: Service) -> VersionView:
    """新增或修改省份."""
    version = service.put(operator, "province", code, body.replaces, {"name": body.name})
    return VersionView(code=code, version=version)


@operator_router.put("/platforms/{code}")
@refuses("catalogue_changed", "catalogue_reference_unknown", "glyphs_missing", "product_kind_fixed")
def put_platform(code: CodePath, body: PlatformEdit, operator: Managing, service: Service) -> VersionView:
    """新增或修改交易平台."""
    value = {"name": body.name, "province": body.province}
    return VersionView(code=code, version=service.put(operator, "platform", code, body.replaces, value))


@operator_router.put("/authorities/{code}")
@refuses("catalogue_changed", "catalogue_reference_unknown", "glyphs_missing", "product_kind_fixed")
def put_authority(code: CodePath, body: AuthorityEdit, operator: Managing, service: Service) -> VersionView:
    """新增或修改 CA 机构."""
    version = service.put(operator, "authority", code, body.replaces, {"name": body.name})
    return VersionView(code=code, version=version)


@operator_router.put("/products/{code}")
@refuses(
    "attachment_repeated",
    "catalogue_changed",
    "catalogue_reference_unknown",
    "encryption_profile_without_escrow",
    "glyphs_missing",
    "key_kind_not_in_profile",
    "product_kind_fixed",
    "product_profile_unknown",
    "profile_does_not_sign",
    "profile_not_for_kind",
    "sale_window_refused",
    "validity_not_in_profile",
)
def put_product(code: CodePath, body: ProductEdit, operator: Managing, service: Service) -> VersionView:
    """新增或修改证书产品: a change makes a new version; applications keep the one they were made under."""
    version = service.put_product(operator, code, body.replaces, body.terms())
    return VersionView(code=code, version=version)
