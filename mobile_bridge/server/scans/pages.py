"""What an ordinary camera app opens when it reads one of our QR codes: a page that says which app to use."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mobile_bridge.server.scans.frames import PATH

_PAGES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
)


def router(site_name: str) -> APIRouter:
    """The page under PATH. It says the same whatever the code is: it neither looks nor counts."""
    routes = APIRouter(prefix=PATH, include_in_schema=False)
    page = _PAGES.get_template("scanned.html").render(site_name=site_name)

    @routes.get("/{frame}", response_class=HTMLResponse)
    async def scanned(frame: str) -> HTMLResponse:
        return HTMLResponse(page)

    return routes
