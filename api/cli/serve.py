"""``sealbridge serve``."""

from __future__ import annotations

import signal
from typing import Annotated

import typer

from api.cli.options import Data, settings_of

_DRAIN_SECONDS = 10
_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - compared, not bound


def command(
    data: Data = None,
    host: Annotated[str, typer.Option(help="监听地址")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="监听端口", min=0, max=65535)] = 8000,
) -> None:
    """运行服务。Ctrl-C 停止；再次运行从原处继续。"""
    # An interrupt in the middle of imports can be swallowed by a library; until the server listens to
    # signals by itself, Ctrl-C simply ends the process, as at any other point of a start.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Imported here: the other commands need none of it and answer at once.
    from api import logs
    from api.app import create_app
    from api.http import BoundedHttp
    from api.serving import serve

    settings = settings_of(data)
    reached = f"http://{_LOOPBACK.get(host, host)}:{port}"
    if "public_url" not in settings.model_fields_set:
        settings = settings_of(data, public_url=f"http://{host}:{port}")
    if settings.own_url is None:
        settings = settings.model_copy(update={"own_url": reached})
    logs.configure()
    app = create_app(settings)
    typer.echo(f"{settings.site_name}：{settings.public_url}（Ctrl-C 停止）")
    signal.signal(signal.SIGINT, signal.default_int_handler)
    serve(
        app,
        app.state.services.waiting.close,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        http=BoundedHttp,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
    )
