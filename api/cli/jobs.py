"""``sealbridge jobs``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer

from api.cli.options import Data, journal_of, settings_of
from api.db import Database, make_engine
from api.errors import NotFound
from api.jobs import supervision
from api.jobs.rules import Status
from ca.audit.event import Action, Event
from ca.audit.journal import Journal

app = typer.Typer(help="后台任务。", no_args_is_help=True)


@app.command("list")
def list_jobs(
    data: Data = None,
    status: Annotated[Status | None, typer.Option(help="只列出该状态的任务；默认全部未完成的")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="最多列出多少")] = 100,
) -> None:
    """列出后台任务：编号、状态、名称、下次运行时间、已尝试次数、上次失败的代码。"""
    with _opened(data) as (db, _), db.read() as tx:
        rows = supervision.listed(tx, status, limit)
    for row in rows:
        at = row.run_at.isoformat(timespec="seconds")
        typer.echo(
            f"{row.id}\t{row.status}\t{row.name}\t{at}\t{row.attempts}\t{row.code or '-'}\t{row.payload}"
        )


@app.command()
def retry(
    number: Annotated[int | None, typer.Argument(help="任务编号", show_default=False)] = None,
    data: Data = None,
    every: Annotated[bool, typer.Option("--all", help="全部已放弃的任务")] = False,
) -> None:
    """让已放弃（dead）的任务立即重试。"""
    if (number is None) != every:
        raise typer.BadParameter("请给出任务编号，或者 --all")
    with _opened(data) as (db, journal), db.write() as tx:
        count = supervision.retry(tx, datetime.now(UTC), number)
        if not count and not every:
            raise NotFound(f"no job {number} that was given up")
        subject = "all" if number is None else str(number)
        journal.append(tx, Event(Action.JOB_RETRIED, subject, detail={"count": count}))
    typer.echo(f"{count} 个任务将重试")


@contextmanager
def _opened(data: Data) -> Iterator[tuple[Database, Journal]]:
    settings = settings_of(data)
    db = Database(make_engine(settings.database))
    try:
        yield db, journal_of(settings, db.engine)
    finally:
        db.engine.dispose()
