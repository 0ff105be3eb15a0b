"""What stands beside the two versions: the picture of the service, and all that is not implemented.

``extendTransaction``, one-time passwords, OAuth 2.0 and ``signDoc`` are not offered: docs/decisions/0012.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from api.csc import offer
from api.csc.errors import CscRefused
from api.csc.first.routes import router as first
from api.csc.second.routes import router as second
from api.csc.wire import told
from api.openapi.csc import PREFIX

_METHODS: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]

beside = APIRouter(include_in_schema=False)


@beside.get(offer.LOGO)
def logo() -> Response:
    """标志."""
    return Response(offer.logo(), media_type="image/png", headers={"Cache-Control": "max-age=86400"})


@beside.api_route(PREFIX + "{path:path}", methods=_METHODS)
def not_implemented(request: Request, path: str) -> Response:
    """没有的接口: 501, or 405 where another method of HTTP is expected."""
    version, _, method = path.partition("/")
    if version in ("v1", "v2") and method in offer.METHODS and request.method != "POST":
        return told(CscRefused("POST is expected", status=405))
    return told(CscRefused("This method is not implemented", status=501))


ROUTERS: Final = (first, second, beside)
"""In this order: the last takes all that is left below ``/csc/``."""
