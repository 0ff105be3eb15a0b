"""``sealbridge audit``: checking the journal and handing it out."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from cryptography import x509
from sqlalchemy import select

from api.cli.options import Data, settings_of
from api.db import Database, make_engine
from ca.audit import records, verification
from ca.audit.signers import revoked_in_ledger, revoked_on
from ca.audit.verification import CheckStamp, End, Fault, Report, RevokedSince
from ca.tables import authority
from ca.timestamps import check_token

app = typer.Typer(help="审计日志：核验、导出。", no_args_is_help=True)

_MOST_FAULTS = 50
_NOTED = re.compile(r"([a-z0-9][a-z0-9-]{0,39}):([0-9]{1,18}):([0-9a-f]{64})")


@app.command()
def verify(
    data: Data = None,
    file: Annotated[
        Path | None,
        typer.Option(help="核验导出的文件，而不是数据库；需用 --ca 给出签发 CA 证书", show_default=False),
    ] = None,
    ca: Annotated[
        list[Path] | None, typer.Option(help="信任的签发 CA 证书（PEM），可多次给出", show_default=False)
    ] = None,
    crl: Annotated[
        list[Path] | None,
        typer.Option(help="签发 CA 的吊销列表（PEM 或 DER），与 --file 同用，可多次给出", show_default=False),
    ] = None,
    head: Annotated[
        list[str] | None,
        typer.Option(help="另行记录的末端 节点:编号:摘要，可多次给出", show_default=False),
    ] = None,
) -> None:
    """核验日志是否完整：无篡改、无缺失、无乱序、未被截断。有问题时以状态 1 结束。"""
    noted = _noted(head or [])
    trusted = [one for path in ca or [] for one in _certificates(path)]
    if file is not None:
        with file.open(encoding="utf-8", errors="replace") as lines:
            revoked = _revoked_on(crl or [], trusted)
            report = verification.verify(records.from_text(lines), trusted, _stamps(trusted), noted, revoked)
    else:
        report = _verify_database(data, trusted, noted)
    _tell(report)
    raise typer.Exit(0 if report.is_whole else 1)


@app.command()
def export(
    out: Annotated[Path, typer.Argument(help="写入该文件（JSON Lines），不覆盖已有文件")],
    data: Data = None,
) -> None:
    """导出全部日志和检查点，供离线核验、存档。"""
    db = Database(make_engine(settings_of(data).database))
    try:
        with open(out, "x", encoding="utf-8", newline="\n", opener=_private) as file, db.read() as tx:
            count = 0
            for record in records.from_database(tx):
                file.write(records.to_text(record) + "\n")
                count += 1
            ends = verification.kept_ends(tx)
    except FileExistsError:
        raise typer.BadParameter(f"{out} 已存在") from None
    finally:
        db.engine.dispose()
    typer.echo(f"已导出 {count} 行到 {out}")
    _tell_ends(ends)


def _verify_database(data: Path | None, trusted: list[x509.Certificate], noted: dict[str, End]) -> Report:
    db = Database(make_engine(settings_of(data).database))
    try:
        with db.read() as tx:
            known = tx.execute(select(authority.c.certificate)).scalars()
            trusted = trusted or [x509.load_der_x509_certificate(one) for one in known]
            revoked = revoked_in_ledger(tx)
            told = records.from_database(tx)
            report = verification.verify(told, trusted, _stamps(trusted), noted, revoked)
            report.faults += verification.verify_kept(tx)
            report.faults += _missed(report, verification.kept_ends(tx))
    finally:
        db.engine.dispose()
    return report


def _revoked_on(paths: list[Path], trusted: list[x509.Certificate]) -> RevokedSince:
    try:
        return revoked_on([_list(one.read_bytes()) for one in paths], trusted)
    except ValueError as error:
        raise typer.BadParameter(f"吊销列表不可用：{error}") from None


def _list(data: bytes) -> x509.CertificateRevocationList:
    if data.startswith(b"-----"):
        return x509.load_pem_x509_crl(data)
    return x509.load_der_x509_crl(data)


def _stamps(trusted: list[x509.Certificate]) -> CheckStamp:
    return lambda token, data: check_token(token, data, trusted)


def _missed(report: Report, kept: dict[str, End]) -> Iterable[Fault]:
    for node, end in kept.items():
        if report.ends.get(node) != end:
            yield Fault(node, end.sequence, "末端与数据库所记不符 (the end differs from what is noted)")


def _private(path: str, flags: int) -> int:
    # It names operators and addresses.
    return os.open(path, flags, 0o600)


def _certificates(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except ValueError:
        raise typer.BadParameter(f"{path} 不是 PEM 证书") from None


def _noted(texts: list[str]) -> dict[str, End]:
    found = {}
    for text in texts:
        match = _NOTED.fullmatch(text)
        if match is None:
            raise typer.BadParameter("应为 节点:编号:摘要")
        found[match[1]] = End(int(match[2]), match[3])
    return found


def _tell(report: Report) -> None:
    for fault in report.faults[:_MOST_FAULTS]:
        typer.echo(f"✗ {fault.node} 第 {fault.sequence} 条：{fault.what}")
    if len(report.faults) > _MOST_FAULTS:
        typer.echo(f"✗ 另有 {len(report.faults) - _MOST_FAULTS} 处")
    for node, end in report.ends.items():
        signed = report.signed.get(node, 0)
        stamped = report.stamped.get(node, 0)
        typer.echo(f"{node}：{end.sequence} 条，已签名到 {signed}，已加时间戳到 {stamped}")
    _tell_ends(report.ends)
    typer.echo("日志完整" if report.is_whole else f"日志有 {len(report.faults)} 处问题")


def _tell_ends(ends: dict[str, End]) -> None:
    for node, end in ends.items():
        typer.echo(f"末端 {node}:{end.sequence}:{end.digest}")
