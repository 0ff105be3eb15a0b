"""The agent's own page, on loopback: shows what is to be signed, asks the PIN, signs or declines.

The PIN is typed here and nowhere else, goes to the lock and is forgotten. Every form carries a token that
only this program's pages know, and every step may be reloaded, gone back to and sent twice.
"""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from hsm.errors import SealBridgeError
from mobile_bridge.agent import instance as instances
from mobile_bridge.agent import server_client
from mobile_bridge.agent.gate import Gate
from mobile_bridge.agent.instance import Instance
from mobile_bridge.agent.lock import Locks
from mobile_bridge.agent.page.desk import Desk
from mobile_bridge.agent.page.enrolling import EnrolmentPages
from mobile_bridge.agent.page.open_tasks import OpenTasks
from mobile_bridge.agent.page.rendering import Rendering
from mobile_bridge.agent.page.walk import Walk
from mobile_bridge.agent.servers import KnownServers

__all__ = ["agent_page"]

_ASSETS = Path(__file__).parent.parent / "assets"


def agent_page(
    locks: Locks, servers: KnownServers, instance: Instance, route: server_client.Route = server_client.DIRECT
) -> ASGIApp:
    """The application to serve on 127.0.0.1 at the instance's port, behind its gate."""
    tasks = OpenTasks()
    rendering = Rendering(tasks)
    desk = Desk(locks, servers, tasks, instance, rendering)
    enrolments = EnrolmentPages(tasks, rendering)
    walk = Walk(locks, servers, tasks, route, rendering, enrolments)
    routes = [
        Route("/", desk.home),
        Route("/locks", desk.locks),
        Route(instances.PATH, desk.instance),
        Route("/servers/forgotten", desk.forget, methods=["POST"]),
        Route("/task", walk.arrive),
        Route("/tasks", walk.take, methods=["POST"]),
        Route("/tasks/{id}", walk.show),
        Route("/tasks/{id}/document", walk.document),
        Route("/tasks/{id}/certificate", walk.choose, methods=["POST"]),
        Route("/tasks/{id}/approval", walk.approve, methods=["POST"]),
        Route("/tasks/{id}/refusal", walk.decline, methods=["POST"]),
        Route("/tasks/{id}/keys", enrolments.keys, methods=["POST"]),
        Route("/tasks/{id}/writing", enrolments.writing, methods=["POST"]),
        Mount("/assets", StaticFiles(directory=_ASSETS)),
    ]
    app = Starlette(
        routes=routes, exception_handlers={SealBridgeError: rendering.refused, 404: rendering.unknown}
    )
    return Gate(app, instance.port)
