"""The smallest application around the bridge: its routes, its pages, errors as the API tells them."""

from __future__ import annotations

from fastapi import FastAPI

from api import problems
from mobile_bridge.server import pages, routes
from mobile_bridge.server.service import BridgeService

SITE = "临沂市公共资源交易中心"


def bridge_app(service: BridgeService, agent_port: int = 8765) -> FastAPI:
    app = FastAPI()
    problems.install(app)
    app.include_router(routes.router(service))
    app.include_router(pages.router(service, SITE, agent_port))
    return app
