"""``sealbridge-bid``: the bidding tool's commands."""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

from hsm.errors import SealBridgeError
from mobile_bridge.agent.versions import OWN
from mobile_bridge.bidding import approving, checking, files, handing_in, making
from mobile_bridge.bidding.centre import Centre, read_address
from mobile_bridge.bidding.errors import code_of, words_of
from mobile_bridge.bidding.project import KINDS, Project
from mobile_bridge.bidding.standing import steps_of
from mobile_bridge.bidding.terminal import Terminal
from mobile_bridge.envelopes import EnvelopeError

cli = typer.Typer(help="投标文件制作工具", no_args_is_help=True, pretty_exceptions_enable=False)
Folder = Annotated[Path, typer.Option("--project", "-p", help="投标项目文件夹，默认为当前文件夹")]
_HERE: Final = Path()


@cli.command()
def new(
    folder: Annotated[Path, typer.Argument(help="新建的投标项目文件夹")],
    centre: Annotated[str, typer.Option(help="交易平台地址，如 https://trade.example.cn")],
    tender: Annotated[str, typer.Option(help="项目编号")],
    root: Annotated[Path | None, typer.Option(help="签章服务的根证书（PEM）；不给出则首次取得后固定")] = None,
) -> None:
    """新建投标项目。"""
    address = read_address(centre)
    with Centre(address) as site:
        found = site.get("tenders", tender)
    made = Project.begin(folder, address, tender)
    if root is not None:
        shutil.copyfile(root, made.folder / "root.pem")
    with Terminal() as screen:
        screen.say(f"项目：{found['title']}（{found['state_text']}）")
        screen.say(f"开标时间：{found['opens_at'] or '由招标单位宣布'}")
        screen.say(f"已新建：{folder}")


@cli.command()
def certify(project: Folder = _HERE) -> None:
    """CA 认证：用手机 App 扫码，登录交易平台。"""
    with _at_work(project) as (found, centre, screen):
        told = approving.certify(found, centre, screen)
        screen.say(f"认证成功：{told['enterprise'].get('name', '')}　{told['user']}")


@cli.command()
def record(project: Folder = _HERE) -> None:
    """同步诚信库：扫码取得本企业的登记信息和加密证书，并在本机核验。"""
    with _at_work(project) as (found, centre, screen):
        kept = approving.record(found, centre, screen)
        screen.say(f"诚信库已同步：{kept['told']['enterprise']['name']}")
        screen.say(f"根证书 SHA-256（请与签章服务公布的核对）：{kept['root']}")


@cli.command()
def add(
    paths: Annotated[list[Path], typer.Argument(help="投标文件")],
    kind: Annotated[
        str, typer.Option("--as", help="technical 技术、commercial 商务、other 其他")
    ] = "technical",
    seal: Annotated[bool, typer.Option("--seal", help="需要扫码签章（PDF）")] = False,
    page: Annotated[int, typer.Option(help="签章页，从 1 起；-1 为最后一页")] = -1,
    x_mm: Annotated[float, typer.Option(help="印章中心距页面左边，毫米")] = 150,
    y_mm: Annotated[float, typer.Option(help="印章中心距页面上边，毫米")] = 230,
    project: Folder = _HERE,
) -> None:
    """添加投标文件；文件留在原处，生成时读取。"""
    place = {"page": page - 1 if page > 0 else page, "x_mm": x_mm, "y_mm": y_mm}
    found = Project.open(project)
    with found.lock(), Terminal() as screen:
        for path in paths:
            made = files.add(found, path, kind, [place] if seal else [])
            screen.say(f"已添加 {made.id}：{made.name}" + ("（待签章）" if seal else ""))


@cli.command()
def remove(file: Annotated[str, typer.Argument(help="status 列出的编号")], project: Folder = _HERE) -> None:
    """移除投标文件（不删除原文件）。"""
    found = Project.open(project)
    with found.lock():
        files.remove(found, file)


@cli.command()
def say(
    lines: Annotated[list[str], typer.Argument(help="唱标信息，如 投标报价=3,000,000元 工期=120天")],
    project: Folder = _HERE,
) -> None:
    """填写唱标信息（覆盖之前填写的）。"""
    found = Project.open(project)
    with found.lock():
        files.say(found, lines)


@cli.command()
def seal(project: Folder = _HERE) -> None:
    """签章：一次扫码，签署所有待签章的文件。"""
    with _at_work(project) as (found, centre, screen):
        for one in approving.seal(found, centre, screen):
            screen.say(f"已签章：{one.name}")


@cli.command()
def make(project: Folder = _HERE) -> None:
    """生成投标文件：在本机加密。"""
    with _at_work(project) as (found, centre, screen):
        manifest = making.make(found, centre, screen)
        screen.say(f"已生成 {len(manifest['envelopes'])} 个加密文件：{found.folder / 'envelopes'}")


@cli.command()
def check(project: Folder = _HERE) -> None:
    """检查投标文件：结构、摘要、接收者和证书。"""
    with _at_work(project) as (found, centre, screen):
        for title, told in checking.check(found, centre, screen):
            screen.say(f"{title}：{told}")
        screen.say("检查通过")


@cli.command()
def upload(project: Folder = _HERE) -> None:
    """上传投标文件；中断后再次运行从断点继续。"""
    with _at_work(project) as (found, centre, screen):
        screen.say(f"已递交到交易平台：{handing_in.upload(found, centre, screen)['handed_in_at']}")


@cli.command()
def receipt(project: Folder = _HERE) -> None:
    """扫码递交：手机试解密每个文件，取得带时间戳的回执。"""
    with _at_work(project) as (found, centre, screen):
        told = handing_in.receipt(found, centre, screen)
        screen.say(f"试解密通过，{len(told['envelopes'])} 个数字信封均可由贵单位打开")
        screen.say(f"回执：{found.folder / 'receipt.json'}")


@cli.command()
def status(project: Folder = _HERE) -> None:
    """显示进度。"""
    found = Project.open(project)
    with Terminal() as screen:
        screen.say(f"{found.state.tender}　{found.state.centre}")
        for one in found.state.files:
            screen.say(f"  {one.id}　{KINDS[one.kind]}　{one.path}" + ("　签章" if one.places else ""))
        for step in steps_of(found):
            mark = "✓" if step.is_done else "…" if step.waits else "·"
            screen.say(f"{mark} {step.title}：{step.told}")


@cli.command()
def serve(
    project: Folder = _HERE,
    port: Annotated[int, typer.Option(help="本机端口，0 为任意空闲端口")] = 0,
    opens: Annotated[bool, typer.Option("--open/--no-open", help="启动后打开浏览器")] = True,
) -> None:
    """在本机打开投标页面（http://127.0.0.1:端口）。"""
    from mobile_bridge.bidding.page.serving import serve_page  # the other commands need no web server

    serve_page(Project.open(project), port, opens=opens)


@cli.command()
def version() -> None:
    """显示版本。"""
    typer.echo(OWN)


@contextlib.contextmanager
def _at_work(folder: Path) -> Iterator[tuple[Project, Centre, Terminal]]:
    found = Project.open(folder)
    with found.lock(), Centre(found.state.centre, found.token) as centre, Terminal() as screen:
        yield Project.open(folder), centre, screen


def main() -> None:
    """Run a command; a refusal is one line, ``code: sentence``, and exit status 1."""
    try:
        cli()
    except (SealBridgeError, EnvelopeError, OSError) as error:
        words = words_of(error) if not isinstance(error, OSError) else f"文件无法读写：{error.strerror}"
        code = code_of(error) if not isinstance(error, OSError) else "file_error"
        typer.echo(f"{code}: {words}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        typer.echo("interrupted: 已中断，再次运行从原处继续", err=True)
        sys.exit(130)


if __name__ == "__main__":
    main()
