"""Pages for people who look at the server itself. Plain HTML: no script, nothing inline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.pages.reference import flows
from api.services import Services

_HERE: Final = Path(__file__).parent
_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def pages(site_name: str, *, with_inbox: bool) -> APIRouter:
    """The start page, the API's reference, health, and in development the inbox of the SMS sandbox."""
    router = APIRouter(include_in_schema=False)

    def page(template: str, **values: Any) -> HTMLResponse:
        shown = _TEMPLATES.get_template(template)
        return HTMLResponse(shown.render(site_name=site_name, with_inbox=with_inbox, **values))

    @router.get("/")
    def start() -> HTMLResponse:
        """What is where."""
        return page("start.html")

    @router.get("/docs")
    def reference(request: Request) -> HTMLResponse:
        """The API's reference."""
        return page("reference.html", flows=flows(request.app.openapi()))

    @router.get("/static/site.css")
    def style() -> FileResponse:
        """The one style sheet."""
        return FileResponse(_HERE / "static" / "site.css", media_type="text/css")

    @router.get("/healthz")
    def health(request: Request) -> JSONResponse:
        """200 while database and tokens answer."""
        _check(request.app.state.services)
        return JSONResponse({"status": "ok"})

    if with_inbox:

        @router.get("/dev/inbox")
        def inbox(request: Request, format: Annotated[Literal["html", "json"], Query()] = "html") -> Response:
            """The messages of the SMS sandbox."""
            messages = request.app.state.services.sms_sandbox.inbox()
            if format == "json":
                told = [
                    {"phone": one.phone, "code": one.code, "sent_at": one.sent_at.isoformat()}
                    for one in messages
                ]
                return JSONResponse(told)
            return page("inbox.html", messages=messages)

    return router


def _check(services: Services) -> None:
    with services.db.read() as tx:
        tx.exec_driver_sql("SELECT 1")
    for token in (services.tokens.issuing, services.tokens.subscribers):
        token.run(lambda session: None)
