"""The pages outside of any task: what runs, which locks there are, who may ask."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mobile_bridge.agent.instance import Instance
from mobile_bridge.agent.lock import Locks
from mobile_bridge.agent.page.open_tasks import OpenTasks
from mobile_bridge.agent.page.rendering import Rendering, attempt, text
from mobile_bridge.agent.servers import KnownServers, Origin


class Desk:
    """Home and its neighbours."""

    def __init__(
        self,
        locks: Locks,
        servers: KnownServers,
        tasks: OpenTasks,
        instance: Instance,
        rendering: Rendering,
    ) -> None:
        self._locks = locks
        self._servers = servers
        self._tasks = tasks
        self._instance = instance
        self._rendering = rendering

    async def home(self, request: Request) -> Response:
        """Says that the agent runs, with the tasks that are open and the servers that may ask."""
        return self._rendering.page("home.html", tasks=self._tasks.all(), servers=self._servers.all())

    async def locks(self, request: Request) -> Response:
        """The locks on this PC, for whoever wants to try before a task comes."""
        findings, problem = await attempt(self._locks.survey)
        return self._rendering.page("locks.html", findings=findings or [], problem=problem)

    async def forget(self, request: Request) -> Response:
        """Ask again before this server may put a task."""
        form = await self._rendering.form(request)
        self._servers.forget(Origin.parse(text(form, "server")))
        return RedirectResponse("/", 303)

    async def instance(self, request: Request) -> Response:
        """Prove to this user's other starts that this is their agent."""
        proof = self._instance.proof(request.query_params.get("challenge", ""))
        return Response(proof, media_type="text/plain")
