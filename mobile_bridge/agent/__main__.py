"""``sealbridge-agent``: the lock agent's commands."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from hsm import pin_from_file
from hsm.errors import SealBridgeError
from mobile_bridge.agent import desktop, diagnosis, serving, terminal
from mobile_bridge.agent.enrolment import terminal as enrolling
from mobile_bridge.agent.errors import code_of
from mobile_bridge.agent.logs import log
from mobile_bridge.agent.servers import read_signing_url
from mobile_bridge.agent.setup import Home, Modules, Proxy, Setup, TokenLabel
from mobile_bridge.agent.versions import OWN

cli = typer.Typer(help="CA 锁签章程序", no_args_is_help=True, pretty_exceptions_enable=False)


@cli.command()
def serve(
    link: Annotated[str, typer.Argument(hidden=True)] = "",
    opens: Annotated[bool, typer.Option("--open", help="启动后打开浏览器")] = False,
    port: Annotated[int | None, typer.Option(help="本机端口，默认 8765")] = None,
    proxy: Proxy = None,
    log_level: Annotated[str | None, typer.Option(help="日志级别：debug、info、warning、error")] = None,
    modules: Modules = None,
    token_label: TokenLabel = None,
    home: Home = None,
) -> None:
    """在本机提供签章页面（http://127.0.0.1:端口）；已在运行时打开它的页面。"""
    # ``link``: what a system adds when it starts the program for a sealbridge: link. It says nothing more,
    # and whatever a forged one says is not read.
    setup = Setup.of(home, modules, token_label, port=port, proxy=proxy, log_level=log_level)
    serving.serve(setup, opens=opens)


@cli.command()
def approve(
    url: Annotated[str, typer.Argument(help="手机上显示的签章地址")],
    code: Annotated[str, typer.Option(prompt="手机上显示的 6 位确认码", help="手机上显示的 6 位确认码")],
    pin_file: Annotated[Path | None, typer.Option(help="从文件读取 PIN 码；不给出则询问")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="不再询问，直接允许网站并同意签章")] = False,
    certificate: Annotated[str, typer.Option(help="使用 tokens 命令列出的哪张证书")] = "",
    save: Annotated[Path | None, typer.Option(help="把待签文件保存到此文件夹")] = None,
    proxy: Proxy = None,
    modules: Modules = None,
    token_label: TokenLabel = None,
    home: Home = None,
) -> None:
    """在终端里完成一次签章。"""
    origin, address = read_signing_url(url)
    manner = terminal.Manner(yes, pin_from_file(pin_file) if pin_file else None, certificate, save)
    setup = Setup.of(home, modules, token_label, proxy=proxy)
    digest = terminal.approve(origin, address, code, setup, manner)
    typer.echo(f"签章完成，文件 SHA-256：{digest}")


@cli.command()
def enrol(
    url: Annotated[str, typer.Argument(help="手机上显示的下载地址")],
    code: Annotated[str, typer.Option(prompt="手机上显示的 6 位确认码", help="手机上显示的 6 位确认码")],
    pin_file: Annotated[Path | None, typer.Option(help="从文件读取 PIN 码；不给出则询问")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="不再询问，直接允许网站并下载")] = False,
    same_key: Annotated[bool, typer.Option("--same-key", help="续期时沿用原密钥，不生成新密钥")] = False,
    proxy: Proxy = None,
    modules: Modules = None,
    token_label: TokenLabel = None,
    home: Home = None,
) -> None:
    """下载证书到 CA 锁：密钥在锁内生成，在手机上确认后证书写入锁内。中断后重新运行即可继续。"""
    setup = Setup.of(home, modules, token_label, proxy=proxy)
    _enrol(url, code, setup, pin_file, yes=yes, same_key=same_key, renewal=False)


@cli.command()
def renew(
    url: Annotated[str, typer.Argument(help="手机上显示的下载地址；不给出则列出即将到期的证书")] = "",
    code: Annotated[str, typer.Option(help="手机上显示的 6 位确认码")] = "",
    pin_file: Annotated[Path | None, typer.Option(help="从文件读取 PIN 码；不给出则询问")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="不再询问，直接允许网站并下载")] = False,
    same_key: Annotated[bool, typer.Option("--same-key", help="沿用原密钥，不生成新密钥")] = False,
    proxy: Proxy = None,
    modules: Modules = None,
    token_label: TokenLabel = None,
    home: Home = None,
) -> None:
    """续期：列出锁内即将到期的证书；给出地址则下载续期后的证书，旧证书保留在锁内。"""
    setup = Setup.of(home, modules, token_label, proxy=proxy)
    if not url:
        enrolling.tell_ending(setup)
        return
    said = code or str(typer.prompt("手机上显示的 6 位确认码"))
    _enrol(url, said, setup, pin_file, yes=yes, same_key=same_key, renewal=True)


@cli.command()
def orphans(
    delete: Annotated[str, typer.Option(help="删除其中一个：编号的开头")] = "",
    pin_file: Annotated[Path | None, typer.Option(help="从文件读取 PIN 码；不给出则询问")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="不再询问，直接删除")] = False,
    modules: Modules = None,
    token_label: TokenLabel = None,
    home: Home = None,
) -> None:
    """列出锁内为下载证书生成、还没有证书的密钥。"""
    manner = terminal.Manner(yes, pin_from_file(pin_file) if pin_file else None)
    enrolling.tell_orphans(Setup.of(home, modules, token_label), manner, delete)


def _enrol(
    url: str, code: str, setup: Setup, pin_file: Path | None, *, yes: bool, same_key: bool, renewal: bool
) -> None:
    origin, address = read_signing_url(url)
    manner = terminal.Manner(yes, pin_from_file(pin_file) if pin_file else None)
    lock = enrolling.enrol(origin, address, code, setup, manner, same_key=same_key, renewal=renewal)
    typer.echo(f"证书已写入 CA 锁：{lock}")


@cli.command()
def tokens(modules: Modules = None, token_label: TokenLabel = None, home: Home = None) -> None:
    """列出找到的驱动、CA 锁和可用于签章的证书。"""
    locks = Setup.of(home, modules, token_label).locks()
    for finding in locks.survey():
        typer.echo(f"驱动 {finding.module}" + (f"：{finding.problem.message}" if finding.problem else ""))
        for token in finding.tokens:
            typer.echo(
                f"  CA 锁 {terminal.printable(token.label)}  序列号 {token.serial}  PIN {token.pin_state}"
            )
    for each in locks.certificates():
        typer.echo(f"证书 {terminal.describe(each)}")


@cli.command()
def install() -> None:
    """登记 sealbridge: 链接，使网页可以启动签章程序（只对当前用户，无需管理员）。"""
    typer.echo(f"已登记 sealbridge: 链接：{desktop.register()}")


@cli.command()
def uninstall() -> None:
    """取消 sealbridge: 链接的登记。"""
    desktop.unregister()
    typer.echo("已取消 sealbridge: 链接的登记")


@cli.command()
def diagnose(
    out: Annotated[Path | None, typer.Option(help="写入文件；不给出则显示在终端")] = None,
    proxy: Proxy = None,
    modules: Modules = None,
    token_label: TokenLabel = None,
    home: Home = None,
) -> None:
    """生成给技术支持的报告（不含 PIN 码、凭据、签章地址和姓名）。"""
    diagnosis.write(diagnosis.report(Setup.of(home, modules, token_label, proxy=proxy)), out)
    if out is not None:
        typer.echo(f"报告已写入 {out}")


@cli.command()
def version() -> None:
    """显示版本。"""
    typer.echo(OWN)


def main() -> None:
    """Run a command; a refusal is one line, ``code: sentence``, and exit status 1."""
    try:
        cli()
    except SealBridgeError as error:
        log.warning("ended: %s", code_of(error))
        typer.echo(f"{code_of(error)}: {terminal.printable(error.message)}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
