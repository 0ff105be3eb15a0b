"""``sealbridge evidence``: verifying the log of an opening, years later and without asking anybody."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from api.cli.options import Data, settings_of
from api.openings.report import render_report
from api.timezone import CHINA
from mobile_bridge.sdk.errors import NotVerified
from mobile_bridge.sdk.evidence import OpeningEvidence, verify_evidence
from mobile_bridge.sdk.trust import Trust

app = typer.Typer(help="开标证据：离线核验、生成可读的 PDF。", no_args_is_help=True)

_LARGEST = 1024**3

File = Annotated[Path, typer.Argument(help="开标证据文件（JSON）")]
Roots = Annotated[
    list[Path] | None,
    typer.Option(
        "--root", help="信任的根证书（PEM 或 DER），可多次给出；默认为本机安装的根证书", show_default=False
    ),
]


@app.command()
def verify(file: File, root: Roots = None, data: Data = None) -> None:
    """核验：签名、时间戳、事件链、平台公告与开标时间。有问题时以状态 1 结束。"""
    told, found = _verified(file, root, data)
    opening = found.opening
    typer.echo(f"核验通过：{found.title}")
    typer.echo(f"平台：{opening['platform']['name']}（{opening['platform']['domain']}）")
    typer.echo(f"开标时间：{opening['opens_at']} 至 {opening['closes_at']}")
    typer.echo(f"出具：{found.issuer}，时间戳 {found.stamped_at.astimezone(CHINA).isoformat()}")
    typer.echo(f"事件：共 {told['chain']['count']} 条，其中 {found.hidden} 条未列出")


@app.command()
def report(
    file: File,
    out: Annotated[Path, typer.Argument(help="写入该 PDF 文件，不覆盖已有文件")],
    root: Roots = None,
    data: Data = None,
) -> None:
    """核验后生成可读的 PDF。"""
    told, _ = _verified(file, root, data)
    try:
        with out.open("xb") as made:
            made.write(render_report(told))
    except FileExistsError:
        raise typer.BadParameter(f"{out} 已存在") from None
    typer.echo(f"已写入 {out}")


def _verified(file: Path, root: list[Path] | None, data: Path | None) -> tuple[Any, OpeningEvidence]:
    trust = Trust.of_pem(*(_pem(one) for one in root or [settings_of(data).folder.root_certificate]))
    try:
        if file.stat().st_size > _LARGEST:
            raise NotVerified("malformed", "no evidence file is so large")
        told = json.loads(file.read_bytes())
        return told, verify_evidence(told, trust)
    except (ValueError, RecursionError):
        typer.echo("核验未通过：不是开标证据文件 (malformed)", err=True)
    except NotVerified as error:
        typer.echo(f"核验未通过：{error.message} ({error})", err=True)
    raise typer.Exit(1)


def _pem(path: Path) -> bytes:
    content = path.read_bytes()
    if b"-----BEGIN" in content:
        return content
    try:
        return x509.load_der_x509_certificate(content).public_bytes(Encoding.PEM)
    except ValueError:
        raise typer.BadParameter(f"{path} 不是证书") from None
