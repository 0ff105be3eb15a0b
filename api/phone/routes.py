"""All pages of the phone, and what belongs to them."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse, JSONResponse

from api.phone import (
    account,
    application,
    applying,
    certificate_acts,
    consenting,
    enterprises,
    managing,
    real_name,
    scanning,
    seals,
    sending,
    signing_in,
)
from api.phone.visiting import FOLDER, PREFIX, Anybody
from api.web.routes import PageRoute

_STATIC: Final = FOLDER / "static"
_KINDS: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_ROOMS: Final = (
    *(signing_in, managing, real_name, scanning),
    *(applying, application, sending, consenting, certificate_acts),
    *(seals, enterprises, account),
)


def router(site_name: str) -> APIRouter:
    """The router at ``/app``."""
    made = APIRouter()
    around = APIRouter(prefix=PREFIX, include_in_schema=False, route_class=PageRoute)

    @around.get("/manifest.webmanifest")
    def manifest() -> Response:
        """How the pages are installed as an app (W3C Web Application Manifest)."""
        told = {
            "name": site_name,
            "short_name": site_name,
            "lang": "zh-CN",
            "start_url": PREFIX,
            "scope": PREFIX,
            "display": "standalone",
            "background_color": "#f4f6f8",
            "theme_color": "#1f5f8b",
            "icons": [{"src": f"{PREFIX}/static/icon.svg", "sizes": "any", "type": "image/svg+xml"}],
        }
        return JSONResponse(told, media_type="application/manifest+json")

    @around.get("/sw.js")
    def worker() -> Response:
        """The service worker, from above all that it serves."""
        reach = {"Service-Worker-Allowed": PREFIX}  # "/app" itself lies above "/app/"
        return FileResponse(_STATIC / "sw.js", media_type="text/javascript", headers=reach)

    @around.get("/offline")
    def offline(visit: Anybody) -> Response:
        """What is shown without a network."""
        return visit.page("offline.html")

    for file in sorted(_STATIC.iterdir()):
        _serve(around, file.name, _KINDS[file.suffix])
    for one in (around, *(room.router for room in _ROOMS)):
        made.include_router(one)
    return made


def _serve(router: APIRouter, name: str, kind: str) -> None:
    @router.get(f"/static/{name}", name=f"static-{name}")
    def static() -> Response:
        return FileResponse(_STATIC / name, media_type=kind, headers={"Cache-Control": "max-age=300"})
