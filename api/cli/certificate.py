"""``sealbridge certificate``: looking at certificates and revoking them from the server itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from api.cli.options import Data, journal_of, settings_of
from api.db import Database, make_engine
from api.registry.schemas import Reason
from api.registry.service import Registry
from ca.ledger import Entry, Ledger
from ca.revocation import Revoker
from ca.status import standing

app = typer.Typer(help="证书：查看、冻结、解冻、吊销。", no_args_is_help=True)

Serial = Annotated[str, typer.Argument(help="证书序列号（十六进制）")]


@app.command()
def show(serial: Serial, data: Data = None) -> None:
    """显示一张证书。"""
    _tell(_registry(data).find(serial))


@app.command()
def suspend(serial: Serial, data: Data = None) -> None:
    """冻结。"""
    _tell(_registry(data).suspend(serial))


@app.command()
def release(serial: Serial, data: Data = None) -> None:
    """解冻。"""
    _tell(_registry(data).release(serial))


@app.command()
def revoke(
    serial: Serial,
    reason: Annotated[Reason, typer.Option(help="吊销原因（RFC 5280）")],
    data: Data = None,
    invalidity_date: Annotated[
        datetime | None, typer.Option(help="密钥自何时起不可信（UTC），如已知", show_default=False)
    ] = None,
) -> None:
    """吊销，不可恢复。"""
    since = None if invalidity_date is None else invalidity_date.replace(tzinfo=UTC)
    _tell(_registry(data).revoke(serial, reason, since))


def _registry(data: Data) -> Registry:
    settings = settings_of(data)
    db = Database(make_engine(settings.database))
    journal = journal_of(settings, db.engine)
    ledger = Ledger(db.engine, journal)
    revoker = Revoker(ledger, _now, journal=journal)
    return Registry(db, ledger, revoker, _now)


def _now() -> datetime:
    return datetime.now(UTC)


def _tell(entry: Entry) -> None:
    typer.echo(f"序列号 {entry.serial:x}\n主体   {entry.subject}\n类型   {entry.profile}")
    typer.echo(f"有效期 {entry.not_before:%Y-%m-%d %H:%M} 至 {entry.not_after:%Y-%m-%d %H:%M} (UTC)")
    revocation = entry.revocation
    since = "" if revocation is None else f"，{revocation.at:%Y-%m-%d %H:%M} UTC，{revocation.reason}"
    typer.echo(f"状态   {standing(revocation)}{since}")
