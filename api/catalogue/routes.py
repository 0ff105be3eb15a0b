"""The catalogue over HTTP (seed, section 四.4)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from api.catalogue import queries
from api.catalogue.schemas import CatalogueView
from api.db import Database

router = APIRouter(prefix="/v1", tags=["证书申领"])


def _database(request: Request) -> Database:
    found: Database = request.app.state.services.db
    return found


@router.get("/catalogue")
def catalogue(db: Annotated[Database, Depends(_database)]) -> CatalogueView:
    """省份、交易平台、CA 机构、证书有效期和费用: what can be applied for."""
    with db.read() as tx:
        found = {
            "provinces": queries.provinces(tx),
            "platforms": queries.platforms(tx),
            "authorities": queries.authorities(tx),
            "products": queries.products_on_offer(tx),
        }
    return CatalogueView.model_validate(found)
