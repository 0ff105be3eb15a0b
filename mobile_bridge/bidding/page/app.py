"""The addresses of the page."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from mobile_bridge.agent.gate import Gate
from mobile_bridge.bidding import files
from mobile_bridge.bidding.page.work import STEPS, Work, drawn
from mobile_bridge.bidding.project import KINDS, Project
from mobile_bridge.bidding.standing import steps_of

_HERE: Final = Path(__file__).parent.parent
_PAGES: Final = Environment(
    loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self'; style-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ASSETS: Final = [("/assets/own", _HERE / "assets"), ("/assets", _HERE.parent / "agent" / "assets")]


class Pages:
    """What the page asks; every form carries a token that only this program's pages know."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._form_token = secrets.token_urlsafe(32)

    async def home(self, request: Request) -> Response:
        """The project: its steps, its files, its opening statement, and the step at work."""
        project = self._work.project
        facts: dict[str, Any] = {
            "form": self._form_token,
            "project": project,
            "steps": steps_of(project),
            "runnable": STEPS,
            "kinds": KINDS,
            "shown": self._work.shown,
            "found": await run_in_threadpool(_in_folder, project),
        }
        page = _PAGES.get_template("bid.html").render(facts)
        return HTMLResponse(page, headers={"content-security-policy": _POLICY})

    async def standing(self, request: Request) -> Response:
        """For the script: what the step at work shows."""
        return JSONResponse(self._work.shown.as_json())

    async def code(self, request: Request) -> Response:
        """The QR code of this moment; nothing when a phone has just taken it away."""
        text = self._work.shown.code
        if not text:
            return Response(status_code=204)
        return Response(await run_in_threadpool(drawn, text), media_type="image/svg+xml")

    async def begin(self, request: Request) -> Response:
        """Start a step."""
        await self._form(request)
        self._work.begin(request.path_params["step"])
        return RedirectResponse("/", 303)

    async def add(self, request: Request) -> Response:
        """Add a file of the project's own folder."""
        form = await self._form(request)
        place = {"page": -1.0, "x_mm": _number(form, "x_mm", 150), "y_mm": _number(form, "y_mm", 230)}
        places = [place | {"page": -1}] if form.get("seal") else []
        folder = self._work.project.folder
        path = folder / Path(str(form.get("name", ""))).name
        return await self._changed(lambda project: files.add(project, path, str(form.get("kind")), places))

    async def remove(self, request: Request) -> Response:
        """Leave a file out."""
        form = await self._form(request)
        return await self._changed(lambda project: files.remove(project, str(form.get("file"))))

    async def say(self, request: Request) -> Response:
        """唱标信息, a line for each item."""
        form = await self._form(request)
        lines = [one for one in str(form.get("lines", "")).splitlines() if one.strip()]
        return await self._changed(lambda project: files.say(project, lines))

    async def _changed(self, work: Callable[[Project], Any]) -> Response:
        await run_in_threadpool(self._work.change, work)
        return RedirectResponse("/", 303)

    async def _form(self, request: Request) -> dict[str, Any]:
        form = dict(await request.form(max_files=0, max_fields=8))
        if not hmac.compare_digest(str(form.get("form", "")).encode(), self._form_token.encode()):
            raise PermissionError("the form carries no token of this program")
        return form


def bidding_page(project: Project, port: int) -> ASGIApp:
    """The application to serve on 127.0.0.1 at ``port``, behind the gate."""
    pages = Pages(Work(project))
    routes = [
        Route("/", pages.home),
        Route("/standing", pages.standing),
        Route("/code.svg", pages.code),
        Route("/favicon.ico", _no_icon),
        Route("/steps/{step}", pages.begin, methods=["POST"]),
        Route("/files", pages.add, methods=["POST"]),
        Route("/files/removed", pages.remove, methods=["POST"]),
        Route("/statement", pages.say, methods=["POST"]),
        *(Mount(path, StaticFiles(directory=folder)) for path, folder in _ASSETS),
    ]
    return Gate(Starlette(routes=routes, exception_handlers={PermissionError: _forged}), port)


async def _no_icon(request: Request) -> Response:
    return Response(status_code=204)


async def _forged(request: Request, error: Exception) -> Response:
    return Response("该请求不是由本程序的页面发出，已拒绝", 403, media_type="text/plain; charset=utf-8")


def _in_folder(project: Project) -> list[str]:
    """Files of the project's folder that can be added: what the person put there."""
    added = {one.path for one in project.state.files}
    own = {"project.json", "session.json", "receipt.json", "root.pem"}
    return sorted(
        one.name
        for one in project.folder.iterdir()
        if one.is_file()
        and not one.name.startswith(".")
        and one.name not in own
        and str(one.resolve()) not in added
    )


def _number(form: dict[str, Any], name: str, otherwise: float) -> float:
    try:
        return float(form.get(name) or otherwise)
    except ValueError:
        return otherwise
