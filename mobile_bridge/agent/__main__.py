"""``sealbridge-agent``: the lock agent's commands."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import Annotated, Final

import typer
import uvicorn

from hsm import pin_from_file
from hsm.errors import SealBridgeError
from mobile_bridge.agent import terminal
from mobile_bridge.agent.errors import PortTaken, code_of
from mobile_bridge.agent.lock import Locks
from mobile_bridge.agent.modules import find_modules
from mobile_bridge.agent.page import agent_page
from mobile_bridge.agent.servers import KnownServers, default_home, read_signing_url
from mobile_bridge.wire import AGENT_PORT

_LOOPBACK: Final = "127.0.0.1"

Modules = Annotated[
    list[Path] | None,
    typer.Option("--module", help="PKCS#11 驱动文件，可多次给出；不给出则自动查找"),
]
TokenLabel = Annotated[str | None, typer.Option("--token-label", help="只使用此标签的 CA 锁")]
Home = Annotated[Path | None, typer.Option("--home", help="存放已允许网站列表的文件夹")]

cli = typer.Typer(help="CA 锁签章程序", no_args_is_help=True, pretty_exceptions_enable=False)


@cli.command()
def serve(
    link: Annotated[str, typer.Argument(hidden=True)] = "",
    port: Annotated[int, typer.Option(help="本机端口")] = AGENT_PORT,
    modules: Modules = None,
    token_label: TokenLabel = None,
    home: Home = None,
) -> None:
    """在本机提供签章页面（http://127.0.0.1:端口）。"""
    # ``link``: what a system adds when it starts the program for a sealbridge: link. It says nothing more.
    try:
        listener = socket.create_server((_LOOPBACK, port))
    except OSError as error:
        raise PortTaken(str(error), port=port) from error
    port = listener.getsockname()[1]
    typer.echo(f"签章程序已启动：http://{_LOOPBACK}:{port}/")
    page = agent_page(_locks(modules, token_label), _servers(home), port)
    # No access log: addresses of pages are nobody's business, forms hold PINs.
    config = uvicorn.Config(page, log_level="warning", access_log=False, server_header=False, ws="none")
    uvicorn.Server(config).run(sockets=[listener])


@cli.command()
def approve(
    url: Annotated[str, typer.Argument(help="手机上显示的签章地址")],
    code: Annotated[str, typer.Option(prompt="手机上显示的 6 位确认码", help="手机上显示的 6 位确认码")],
    pin_file: Annotated[Path | None, typer.Option(help="从文件读取 PIN 码；不给出则询问")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="不再询问，直接允许网站并同意签章")] = False,
    certificate: Annotated[str, typer.Option(help="使用 tokens 命令列出的哪张证书")] = "",
    save: Annotated[Path | None, typer.Option(help="把待签文件保存到此文件夹")] = None,
    modules: Modules = None,
    token_label: TokenLabel = None,
    home: Home = None,
) -> None:
    """在终端里完成一次签章。"""
    origin, address = read_signing_url(url)
    manner = terminal.Manner(yes, pin_from_file(pin_file) if pin_file else None, certificate, save)
    locks, servers = _locks(modules, token_label), _servers(home)
    digest = terminal.approve(origin, address, code, locks, servers, manner)
    typer.echo(f"签章完成，文件 SHA-256：{digest}")


@cli.command()
def tokens(modules: Modules = None, token_label: TokenLabel = None) -> None:
    """列出找到的驱动、CA 锁和可用于签章的证书。"""
    locks = _locks(modules, token_label)
    for finding in locks.survey():
        typer.echo(f"驱动 {finding.module}" + (f"：{finding.problem.message}" if finding.problem else ""))
        for token in finding.tokens:
            typer.echo(
                f"  CA 锁 {terminal.printable(token.label)}  序列号 {token.serial}  PIN {token.pin_state}"
            )
    for each in locks.certificates():
        typer.echo(f"证书 {terminal.describe(each)}")


def main() -> None:
    """Run a command; a refusal is one line, ``code: sentence``, and exit status 1."""
    try:
        cli()
    except SealBridgeError as error:
        typer.echo(f"{code_of(error)}: {terminal.printable(error.message)}", err=True)
        sys.exit(1)


def _locks(modules: list[Path] | None, token_label: str | None) -> Locks:
    return Locks(find_modules(modules or ()), token_label)


def _servers(home: Path | None) -> KnownServers:
    return KnownServers((home or default_home()) / "servers.json")


if __name__ == "__main__":
    main()
