"""The page behind its port: one for each user, on the loopback interface alone."""

from __future__ import annotations

import socket
import sys
from typing import Final

import typer
import uvicorn

from mobile_bridge.agent.errors import PortTaken
from mobile_bridge.agent.instance import Instance, running, show
from mobile_bridge.agent.logs import log
from mobile_bridge.agent.page import agent_page
from mobile_bridge.agent.setup import Setup

_LOOPBACK: Final = "127.0.0.1"


def serve(setup: Setup, *, opens: bool) -> None:
    """Serve until the end of the program; or show the page of the agent that runs already.

    ``opens``: whether to open the browser at the first start too. Raises PortTaken.
    """
    mark = setup.folders.instance
    first = running(mark)
    if first is None:
        try:
            listener = listen(setup.config.port)
        except OSError as error:
            first = running(mark, patiently=True)
            if first is None:
                raise PortTaken(str(error), port=setup.config.port) from error
    if first is not None:
        typer.echo(f"签章程序已在运行：{first.url}")
        show(first.url, wait=True)
        return
    instance = Instance.begin(mark, listener.getsockname()[1])
    typer.echo(f"签章程序已启动：{instance.url}")
    log.info("serving on port %d", instance.port)
    if opens:
        show(instance.url)
    try:
        _run(setup, instance, listener)
    finally:
        instance.end(mark)
        log.info("stopped")


def _run(setup: Setup, instance: Instance, listener: socket.socket) -> None:
    page = agent_page(setup.locks(), setup.servers(), instance, setup.route())
    # No access log: addresses of pages are nobody's business, forms hold PINs.
    # No set-up of logging either: it asks the console for its colours, and without a console there is none.
    config = uvicorn.Config(page, log_config=None, access_log=False, server_header=False, ws="none")
    uvicorn.Server(config).run(sockets=[listener])


def listen(port: int) -> socket.socket:
    """A socket on the loopback interface alone; port 0 is any that is free. Raises OSError."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            # Windows lets another program take over a port that was bound without this.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_LOOPBACK, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener
