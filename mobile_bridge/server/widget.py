"""The widget that platforms' pages load: <sealbridge-scan>, in modules of its own and without dependencies.

A module script of another origin is only run when it may be read by it, so that these files, which are the
same for everybody, are open to all. Nothing else of this server is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Header
from fastapi.responses import Response

PREFIX: Final = "/widget/v1"
ENTRY: Final = f"{PREFIX}/sealbridge-scan.js"
"""What a page names; it loads the others by itself."""

_FOLDER: Final = Path(__file__).parent / "assets" / "widget"
# Short, and asked again by tag: modules of two editions must not be together in a page for long.
_HEADERS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "public, max-age=300, stale-while-revalidate=86400",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def router() -> APIRouter:
    """The route under PREFIX."""
    modules = {path.name: path.read_bytes() for path in sorted(_FOLDER.glob("*.js"))}
    # One tag for all: whoever has one module of an edition has, or gets, the others of it.
    tag = f'"{hashlib.sha256(b"".join(modules.values())).hexdigest()[:32]}"'
    routes = APIRouter(prefix=PREFIX, include_in_schema=False)
    for name, module in modules.items():
        routes.add_api_route(f"/{name}", _serving(module, tag), methods=["GET"], name=name)
    return routes


def _serving(module: bytes, tag: str) -> Callable[[str], Response]:
    def serve(held: Annotated[str, Header(alias="if-none-match")] = "") -> Response:
        headers = _HEADERS | {"ETag": tag}
        if tag in held:
            return Response(status_code=304, headers=headers)
        return Response(module, media_type="text/javascript", headers=headers)

    return serve
