"""``sealbridge operator``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.accounts.operators import add_operator, all_operators, set_identity, set_roles
from api.accounts.passkeys import remove_all
from api.accounts.rules import ROLE_NAMES, Role
from api.cli.options import Data, journal_of, settings_of
from api.db import Database, make_engine
from ca.audit.journal import Journal
from ca.identifiers import check_id_number

app = typer.Typer(help="操作员账号。", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="登录名")]


@app.callback()
def _group() -> None:
    """操作员账号。"""


@app.command()
def add(
    name: Name,
    data: Data = None,
    role: Annotated[list[Role] | None, typer.Option(help="角色，可重复；默认 reviewer")] = None,
    password_file: Annotated[
        Path | None, typer.Option(help="从文件读取密码；- 为标准输入。不给出则提示输入", show_default=False)
    ] = None,
) -> None:
    """增加一名操作员。"""
    password = _password(password_file)
    with _opened(data) as (db, journal):
        add_operator(db, name, password, datetime.now(UTC), journal, role or (Role.REVIEWER,))
    typer.echo(f"已增加操作员 {name}")


@app.command()
def roles(
    name: Name,
    data: Data = None,
    role: Annotated[list[Role] | None, typer.Option(help="角色，可重复；不给出则收回全部角色")] = None,
) -> None:
    """重新设定一名操作员的角色，立即生效。"""
    with _opened(data) as (db, journal):
        set_roles(db, name, role or (), journal)
    typer.echo(f"{name}：{_told(frozenset(role or ()))}")


@app.command()
def forget_passkeys(name: Name, data: Data = None) -> None:
    """删除一名操作员的全部通行密钥（遗失时），并结束其登录。"""
    with _opened(data) as (db, journal):
        removed = remove_all(db, name, journal)
    typer.echo(f"{name}：已删除 {removed} 个通行密钥")


@app.command()
def identify(
    name: Name,
    data: Data = None,
    id_number_file: Annotated[
        Path | None,
        typer.Option(help="从文件读取号码；- 为标准输入。不给出则提示输入", show_default=False),
    ] = None,
) -> None:
    """登记一名操作员的身份证号码（只保存其密钥散列），使其不能审核与本人有关的申请。"""
    from api.realname.data_keys import ensure_data_key  # not for the other commands: slow
    from api.realname.id_numbers import IdNumbers
    from api.tokens import OpenTokens

    number = check_id_number(_read(id_number_file) or typer.prompt("身份证号码", hide_input=True))
    settings = settings_of(data)
    with _opened(data) as (db, journal):
        tokens = OpenTokens.open(settings)
        try:
            key = ensure_data_key(db, tokens.subscribers, datetime.now(UTC))
        finally:
            tokens.close()
        set_identity(db, name, IdNumbers(key, settings.data_secret()).find_by(number), journal)
    typer.echo(f"已登记操作员 {name} 的身份")


@app.command("list")
def list_all(data: Data = None) -> None:
    """列出操作员及其角色。"""
    with _opened(data) as (db, _), db.read() as tx:
        for one in all_operators(tx):
            typer.echo(f"{one.name}\t{_told(one.roles)}")


@contextmanager
def _opened(data: Path | None) -> Iterator[tuple[Database, Journal]]:
    settings = settings_of(data)
    db = Database(make_engine(settings.database))
    try:
        yield db, journal_of(settings, db.engine)
    finally:
        db.engine.dispose()


def _told(held: frozenset[Role]) -> str:
    return "、".join(ROLE_NAMES[one] for one in Role if one in held) or "无"


def _password(file: Path | None) -> str:
    if file is None:
        typed: str = typer.prompt("密码", hide_input=True, confirmation_prompt=True)
        return typed
    return _read(file)


def _read(file: Path | None) -> str:
    if file is None:
        return ""
    text = sys.stdin.readline() if str(file) == "-" else file.read_text(encoding="utf-8")
    return text.strip()
