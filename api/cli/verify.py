"""``sealbridge verify``: what a signed PDF, OFD document or file is worth, without network or token."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from api.cli.options import Data, settings_of
from api.verification.plain_text import lines
from api.verification.trust import of_folder
from ca.documents.detached.report import to_json as file_json
from ca.documents.detached.verification import verify_detached
from ca.documents.verification import Trust
from ca.documents.verification.apart import verify_apart
from ca.documents.verification.model import Verdict
from ca.ofd.report import to_json as ofd_json
from ca.ofd.verification import verify_package

_ZIP: Final = b"PK\x03\x04"
STATUSES: Final = {
    Verdict.VALID: 0,
    Verdict.ATTENTION: 3,
    Verdict.UNDETERMINED: 4,
    Verdict.INVALID: 5,
    Verdict.UNSIGNED: 6,
}
"""What the command ends with; 1 is a file that cannot be verified at all, 2 a wrong command line."""


def command(
    file: Annotated[Path, typer.Argument(help="要验证的 PDF、OFD，或带有签名文件的任何文件")],
    signature: Annotated[
        Path | None, typer.Option(help="旁边的签名文件（.p7s）", show_default=False, dir_okay=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出完整报告")] = False,
    root: Annotated[
        list[Path] | None,
        typer.Option(
            help="信任的根证书（PEM 或 DER）、吊销列表（*.crl）或装有它们的文件夹，可多次给出；"
            "不给出时信任本安装的根证书和 CA 锁颁发机构",
            show_default=False,
        ),
    ] = None,
    at: Annotated[
        datetime | None, typer.Option(help="按这一时刻（UTC）验证，默认现在", show_default=False)
    ] = None,
    ask: Annotated[bool, typer.Option("--password", help="文件设有打开密码：在终端输入")] = False,
    data: Data = None,
) -> None:
    """验证 PDF、OFD 和其他文件的电子签名和印章：谁签的、何时、是否被改动、证书状态。

    结束状态：0 有效，3 有效但需注意，4 无法确认，5 无效，6 没有签名，1 文件无法验证。
    """
    moment = datetime.now(UTC) if at is None else at.replace(tzinfo=UTC)
    password = typer.prompt("打开密码", hide_input=True, err=True) if ask else None
    report = _report(file, signature, _trust(root, data), moment, password)
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        for line in lines(report):
            typer.echo(line)
    raise typer.Exit(STATUSES[Verdict(report["verdict"])])


def _report(
    file: Path, signature: Path | None, trust: Trust, at: datetime, password: str | None
) -> dict[str, Any]:
    with file.open("rb") as content:
        if signature is not None:
            return file_json(verify_detached(content, signature.read_bytes(), trust, at))
        if content.read(len(_ZIP)) == _ZIP:
            return ofd_json(verify_package(content, trust, at))
    return verify_apart(file.read_bytes(), trust, at, password=password)


def _trust(root: list[Path] | None, data: Path | None) -> Trust:
    try:
        return Trust.load(root) if root else of_folder(settings_of(data).folder)
    except ValueError as error:
        raise typer.BadParameter(f"不是证书或吊销列表：{error}", param_hint="--root") from None
