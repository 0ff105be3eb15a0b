"""The agent's own page, on loopback: shows what is to be signed, asks the PIN, signs or declines.

The PIN is typed here and nowhere else, goes to the lock and is forgotten. Every form carries a token that
only this program's pages know.
"""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from hsm import PinState
from hsm.errors import SealBridgeError
from mobile_bridge.agent.errors import PageForged, ServerRefused, TaskForgotten, code_of
from mobile_bridge.agent.gate import Gate
from mobile_bridge.agent.lock import Locks
from mobile_bridge.agent.server_client import ServerClient
from mobile_bridge.agent.servers import KnownServers, Origin
from mobile_bridge.agent.task import LockTask
from mobile_bridge.errors import NoCertificate, SessionNotReady

_HERE: Final = Path(__file__).parent
_PAGES: Final = Environment(
    loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined
)
_MOST_TASKS: Final = 16  # a person works on one; the oldest are forgotten
_PIN_WARNINGS: Final = {
    PinState.LOW: "这把锁之前输错过 PIN 码，再连续输错会被锁定。",
    PinState.LAST_TRY: "这把锁只剩最后 1 次机会，再输错将被锁定。",
}

Result = TypeVar("Result")


@dataclass(slots=True)
class _Open:
    """A task on a page. ``end``: how it ended, and with which words."""

    task: LockTask
    end: str = ""
    words: str = ""


def agent_page(locks: Locks, servers: KnownServers, port: int) -> ASGIApp:
    """The application to serve on 127.0.0.1:``port``, behind its gate."""
    pages = _Pages(locks, servers)
    routes = [
        Route("/", pages.home),
        Route("/locks", pages.locks),
        Route("/task", pages.arrive),
        Route("/tasks", pages.take, methods=["POST"]),
        Route("/tasks/{id}", pages.show),
        Route("/tasks/{id}/document", pages.document),
        Route("/tasks/{id}/certificate", pages.choose, methods=["POST"]),
        Route("/tasks/{id}/approval", pages.approve, methods=["POST"]),
        Route("/tasks/{id}/refusal", pages.decline, methods=["POST"]),
        Mount("/assets", StaticFiles(directory=_HERE / "assets")),
    ]
    app = Starlette(routes=routes, exception_handlers={SealBridgeError: pages.problem})
    return Gate(app, port)


class _Pages:
    def __init__(self, locks: Locks, servers: KnownServers) -> None:
        self._locks = locks
        self._servers = servers
        self._form_token = secrets.token_urlsafe(32)
        self._tasks: OrderedDict[str, _Open] = OrderedDict()

    async def home(self, request: Request) -> Response:
        """Says that the agent runs."""
        return self._render("home.html")

    async def locks(self, request: Request) -> Response:
        """The locks on this PC, for whoever wants to try before a task comes."""
        certificates, problem = await _attempt(self._locks.certificates)
        return self._render("locks.html", certificates=certificates or [], problem=problem, now=_now())

    async def arrive(self, request: Request) -> Response:
        """Where the server's page leads: a script moves the token from the fragment into the form."""
        origin = Origin.parse(request.query_params.get("server", ""))
        return self._render("arrive.html", server=origin.text)

    async def take(self, request: Request) -> Response:
        """Fetch the task, after asking about a server that was never here before."""
        form = await self._form(request)
        origin, token = Origin.parse(_text(form, "server")), _text(form, "token")
        if not self._servers.knows(origin):
            if _text(form, "allow") != "yes":
                return self._render("question.html", server=origin.text, token=token)
            self._servers.allow(origin)
        task = await run_in_threadpool(LockTask, ServerClient(origin, token), self._locks)
        task_id = secrets.token_urlsafe(16)
        self._tasks[task_id] = _Open(task)
        while len(self._tasks) > _MOST_TASKS:
            self._tasks.popitem(last=False)
        return RedirectResponse(f"/tasks/{task_id}", 303)

    async def show(self, request: Request) -> Response:
        """The task where it stands; ``?choose`` goes back to the certificates."""
        return await self._stand(request, choosing="choose" in request.query_params)

    async def document(self, request: Request) -> Response:
        """The prepared document, as it will be signed."""
        document = self._open(request).task.document
        if document is None:
            raise SessionNotReady("no certificate was chosen")
        headers = {
            "content-disposition": 'inline; filename="document.pdf"',
            # The browser's own PDF viewer works under no stricter policy.
            "content-security-policy": "frame-ancestors 'self'",
        }
        return Response(document.pdf, media_type="application/pdf", headers=headers)

    async def choose(self, request: Request) -> Response:
        """Choose a certificate; the document comes back prepared for it."""
        form = await self._form(request)
        task = self._open(request).task

        def work() -> None:
            chosen = [each for each in task.certificates() if each.id == _text(form, "certificate")]
            if not chosen:
                raise NoCertificate("the lock with this certificate was removed")
            task.choose(chosen[0])

        return await self._step(request, work)

    async def approve(self, request: Request) -> Response:
        """Sign on the lock with the PIN that was typed, and post the answer."""
        form = await self._form(request)
        opened = self._open(request)

        def work() -> None:
            opened.task.approve(lambda: _text(form, "pin"))
            opened.end = "signed"

        return await self._step(request, work)

    async def decline(self, request: Request) -> Response:
        """Tell the server no."""
        await self._form(request)
        opened = self._open(request)

        def work() -> None:
            opened.task.decline()
            opened.end = "declined"

        return await self._step(request, work)

    async def problem(self, request: Request, error: Exception) -> Response:
        """A refusal outside of any task."""
        return self._render("problem.html", status=400, problem=error)

    async def _step(self, request: Request, work: Callable[[], None]) -> Response:
        opened = self._open(request)
        if opened.end:
            return await self._stand(request)
        _, problem = await _attempt(work)
        if isinstance(problem, ServerRefused) and problem.is_final:
            opened.end, opened.words = "over", problem.message
        if problem is None or opened.end:
            return RedirectResponse(f"/tasks/{request.path_params['id']}", 303)
        return await self._stand(request, problem, choosing=opened.task.document is None)

    async def _stand(
        self, request: Request, problem: SealBridgeError | None = None, *, choosing: bool = False
    ) -> Response:
        opened = self._open(request)
        facts = {"id": request.path_params["id"], "task": opened.task}
        if opened.end:
            return self._render("end.html", end=opened.end, words=opened.words, **facts)
        status = 409 if problem else 200
        if opened.task.document is None or (choosing and not opened.task.is_signed):
            certificates, missing = await _attempt(opened.task.certificates)
            return self._render(
                "choose.html",
                status,
                certificates=certificates or [],
                problem=problem or missing,
                now=_now(),
                **facts,
            )
        chosen = opened.task.chosen
        warning = _PIN_WARNINGS.get(chosen.token.pin_state, "") if chosen else ""
        return self._render("approve.html", status, problem=problem, warning=warning, **facts)

    def _open(self, request: Request) -> _Open:
        try:
            return self._tasks[request.path_params["id"]]
        except KeyError:
            raise TaskForgotten("no such task since this program started") from None

    async def _form(self, request: Request) -> FormData:
        form = await request.form(max_files=0, max_fields=8)
        if not hmac.compare_digest(_text(form, "form").encode(), self._form_token.encode()):
            raise PageForged("the form carries no token of this program")
        return form

    def _render(self, template: str, status: int = 200, **facts: Any) -> Response:
        html = _PAGES.get_template(template).render(form=self._form_token, code_of=code_of, **facts)
        return HTMLResponse(html, status)


async def _attempt(work: Callable[[], Result]) -> tuple[Result | None, SealBridgeError | None]:
    """Do blocking work in a thread; its result, or what it refused."""
    try:
        return await run_in_threadpool(work), None
    except SealBridgeError as error:
        return None, error


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _now() -> datetime:
    return datetime.now(UTC)
