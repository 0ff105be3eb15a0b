"""The page behind its port, on the loopback interface alone."""

from __future__ import annotations

import typer
import uvicorn

from mobile_bridge.agent.errors import PortTaken
from mobile_bridge.agent.instance import show
from mobile_bridge.agent.serving import listen
from mobile_bridge.bidding.page.app import bidding_page
from mobile_bridge.bidding.project import Project


def serve_page(project: Project, port: int, *, opens: bool) -> None:
    """Serve until the end of the program. Raises PortTaken."""
    try:
        listener = listen(port)
    except OSError as error:
        raise PortTaken(str(error), port=port) from error
    taken = listener.getsockname()[1]
    url = f"http://127.0.0.1:{taken}/"
    typer.echo(f"投标页面：{url}")
    if opens:
        show(url)
    page = bidding_page(project, taken)
    config = uvicorn.Config(page, log_config=None, access_log=False, server_header=False, ws="none")
    uvicorn.Server(config).run(sockets=[listener])
