"""``sealbridge operator``."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.accounts.operators import add_operator
from api.cli.options import Data, journal_of, settings_of
from api.db import Database, make_engine

app = typer.Typer(help="审核员账号。", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """审核员账号。"""


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="登录名")],
    data: Data = None,
    password_file: Annotated[
        Path | None, typer.Option(help="从文件读取密码；- 为标准输入。不给出则提示输入", show_default=False)
    ] = None,
) -> None:
    """增加一名审核员。"""
    password = _password(password_file)
    settings = settings_of(data)
    db = Database(make_engine(settings.database))
    try:
        add_operator(db, name, password, datetime.now(UTC), journal_of(settings, db.engine))
    finally:
        db.engine.dispose()
    typer.echo(f"已增加操作员 {name}")


def _password(file: Path | None) -> str:
    if file is None:
        typed: str = typer.prompt("密码", hide_input=True, confirmation_prompt=True)
        return typed
    text = sys.stdin.readline() if str(file) == "-" else file.read_text(encoding="utf-8")
    return text.strip()
