"""The walk through a task: who asks → which certificate → the document → the PIN → how it ended.

Every form is answered by a redirect to the task, which shows where it stands.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hsm.errors import TokenGone
from mobile_bridge.agent.errors import PHONE_FIRST, DriverCrashed, DriverSilent, ServerRefused
from mobile_bridge.agent.lock import Locks
from mobile_bridge.agent.logs import log
from mobile_bridge.agent.page.enrolling import EnrolmentPages
from mobile_bridge.agent.page.open_tasks import End, OpenTask, OpenTasks
from mobile_bridge.agent.page.rendering import Rendering, attempt, text
from mobile_bridge.agent.server_client import Route, ServerClient
from mobile_bridge.agent.servers import KnownServers, Origin, read_page_path
from mobile_bridge.agent.task import LockTask
from mobile_bridge.errors import NoCertificate, NoDriver, NoToken, SessionNotReady

_QUICK: Final = 3.0
"""Seconds after which a document that is still on its way gets a page of its own."""

_FLEETING: Final = (DriverCrashed, DriverSilent, NoDriver, NoToken, NoCertificate, TokenGone)
"""Of the lock, and not said any more when the next look finds it well."""


class Walk:
    """The pages of tasks."""

    def __init__(
        self,
        locks: Locks,
        servers: KnownServers,
        tasks: OpenTasks,
        route: Route,
        rendering: Rendering,
        enrolments: EnrolmentPages,
    ) -> None:
        self._locks = locks
        self._servers = servers
        self._tasks = tasks
        self._route = route
        self._rendering = rendering
        self._enrolments = enrolments

    async def arrive(self, request: Request) -> Response:
        """Where the server's page leads: a script moves the token from the fragment into the form."""
        told = request.query_params
        server, back = Origin.parse(told.get("server", "")).text, read_page_path(told.get("back", ""))
        return self._rendering.page("arrive.html", server=server, back=back)

    async def take(self, request: Request) -> Response:
        """Open the task, after asking about a server that was never here before."""
        form = await self._rendering.form(request)
        origin, token = Origin.parse(text(form, "server")), text(form, "token")
        back = read_page_path(text(form, "back"))
        if not self._servers.knows(origin):
            if text(form, "allow") != "yes":
                asked = {"server": origin.text, "token": token, "back": back}
                return self._rendering.page("question.html", **asked)
            self._servers.allow(origin)
            log.info("server allowed: %s", origin.text)
        opened = self._tasks.open(ServerClient(origin, token, self._route), token, self._locks, back)
        return self._to(opened)

    async def show(self, request: Request) -> Response:
        """The task where it stands; ``?step=choose`` and ``?step=pin`` go back and on."""
        opened = self._opened(request)
        if opened.task is None and opened.enrolment is None and not opened.end:
            await run_in_threadpool(opened.arrive)
        if opened.end:
            return self._end(opened)
        if opened.enrolment is not None:
            return await self._enrolments.show(opened, opened.enrolment)
        if opened.task is None:
            return self._waiting(opened)
        if opened.is_fetching:
            return self._rendering.page("fetching.html", opened=opened)
        return await self._step(opened, opened.task, request.query_params.get("step", ""))

    async def document(self, request: Request) -> Response:
        """The prepared document, as it will be signed."""
        task = self._opened(request).task
        if task is None or task.document is None:
            raise SessionNotReady("no certificate was chosen")
        headers = {
            "content-disposition": 'inline; filename="document.pdf"',
            # The browser's own PDF viewer works under no stricter policy.
            "content-security-policy": "frame-ancestors 'self'",
        }
        return Response(task.document.pdf, media_type="application/pdf", headers=headers)

    async def choose(self, request: Request) -> Response:
        """Choose a certificate; the document comes prepared for it."""
        form = await self._rendering.form(request)
        opened, wanted = self._opened(request), text(form, "certificate")

        def work() -> None:
            found = [each for each in self._locks.certificates() if each.id == wanted]
            if not found:
                raise NoCertificate("the lock with this certificate was removed")
            opened.choose(found[0], _QUICK)

        if opened.is_fetching or opened.end:
            return self._to(opened)
        _, problem = await attempt(work)
        opened.problem = problem or opened.problem
        return self._to(opened, "choose" if opened.problem else "")

    async def approve(self, request: Request) -> Response:
        """Sign on the lock with the PIN that was typed, and post the answer."""
        form = await self._rendering.form(request)
        opened, number = self._opened(request), text(form, "attempt")
        attempt_number = int(number) if number.isdecimal() else -1
        await run_in_threadpool(opened.approve, attempt_number, text(form, "pin"))
        return self._to(opened, "pin")

    async def decline(self, request: Request) -> Response:
        """Tell the server no."""
        await self._rendering.form(request)
        opened = self._opened(request)
        await run_in_threadpool(opened.decline)
        return self._to(opened)

    async def _step(self, opened: OpenTask, task: LockTask, step: str) -> Response:
        if isinstance(opened.problem, _FLEETING):
            opened.problem = None
        facts = {"opened": opened, "task": task, "problem": opened.problem}
        if task.is_signed:
            return self._rendering.page("sending.html", **facts)
        if task.document is None or step == "choose":
            certificates, missing = await attempt(task.certificates)
            # What is in force first; nobody chooses for the person.
            found = sorted(certificates or [], key=lambda each: not each.is_in_force(datetime.now(UTC)))
            facts |= {"certificates": found, "problem": opened.problem or missing}
            return self._rendering.page("choose.html", **facts)
        if step != "pin":
            return self._rendering.page("read.html", **facts)
        _, missing = await attempt(task.look_again)
        facts |= {"problem": missing or opened.problem, "missing": missing}
        return self._rendering.page("pin.html", **facts)

    def _waiting(self, opened: OpenTask) -> Response:
        """The server has not told of the task: the phone is to say yes first, or it cannot be reached."""
        problem = opened.problem
        is_phone = isinstance(problem, ServerRefused) and problem.server_code == PHONE_FIRST
        return self._rendering.page("waiting.html", opened=opened, problem=problem, is_phone=is_phone)

    def _end(self, opened: OpenTask) -> Response:
        """Once the browser goes back to the server's page by itself; who comes here again may stay."""
        returning = bool(opened.back_url) and opened.end is not End.OVER and not opened.sent_back
        opened.sent_back = True
        return self._rendering.page("end.html", opened=opened, task=opened.task, returning=returning)

    def _opened(self, request: Request) -> OpenTask:
        return self._tasks.find(request.path_params["id"])

    @staticmethod
    def _to(opened: OpenTask, step: str = "") -> Response:
        return RedirectResponse(f"/tasks/{opened.id}" + (f"?step={step}" if step else ""), 303)
