"""``sealbridge platform``: registering trading platforms from scripts."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.cli.options import Data, journal_of, settings_of
from api.db import Database, make_engine
from api.paging import PageRequest
from api.platforms.key_ring import KeyRing
from api.platforms.public_keys import CallKey, from_pem
from api.platforms.rules import Scope, Standing
from api.platforms.service import Platforms, Registration
from api.settings import Mode
from ca.key_quality import load_blocked

app = typer.Typer(help="交易平台：登记、公钥。", no_args_is_help=True)
keys = typer.Typer(help="平台公钥：增加、停用、列出。", no_args_is_help=True)
app.add_typer(keys, name="key")

PlatformId = Annotated[str, typer.Argument(help="平台编号")]
KeyFile = Annotated[Path, typer.Argument(help="公钥（PEM，Ed25519 或 P-256）", exists=True, dir_okay=False)]
Label = Annotated[str, typer.Option(help="备注，例如 2027")]


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="平台名称，手机上会显示")],
    domain: Annotated[str, typer.Option(help="域名，手机上会显示")],
    origin: Annotated[list[str], typer.Option(help="网页来源，可重复，第一个为默认")],
    data: Data = None,
    callback: Annotated[str | None, typer.Option(help="回调地址", show_default=False)] = None,
    scope: Annotated[list[Scope] | None, typer.Option(help="可用功能，可重复；默认全部")] = None,
    catalogue_code: Annotated[
        str | None, typer.Option(help="证书目录中的平台代码", show_default=False)
    ] = None,
    key: Annotated[
        Path | None, typer.Option(help="公钥文件（PEM）", exists=True, dir_okay=False, show_default=False)
    ] = None,
) -> None:
    """登记一个交易平台，输出平台编号（给出公钥时另输出公钥编号）。"""
    public = None if key is None else _read(key)
    asked = Registration(name, domain, tuple(origin), callback, frozenset(scope or Scope), catalogue_code)
    with _opened(data) as (registry, ring):
        made = registry.register(_who(), asked)
        typer.echo(made.id)
        if public is not None:
            typer.echo(ring.add(_who(), made.id, public, "").id)


@app.command("list")
def list_all(data: Data = None) -> None:
    """列出交易平台。"""
    with _opened(data) as (registry, _):
        after = None
        while True:
            part = registry.list(PageRequest(limit=100, after=after))
            for one in part.rows:
                state = "" if one.standing is Standing.ACTIVE else "\t已暂停"
                typer.echo(f"{one.id}\t{one.name}\t{one.domain}\t{','.join(sorted(one.scopes))}{state}")
            if (after := part.last) is None:
                return


@keys.command("add")
def add_key(platform: PlatformId, file: KeyFile, data: Data = None, label: Label = "") -> None:
    """增加一个公钥，输出其编号。"""
    with _opened(data) as (_, ring):
        typer.echo(ring.add(_who(), platform, _read(file), label).id)


@keys.command("retire")
def retire_key(
    platform: PlatformId, key: Annotated[str, typer.Argument(help="公钥编号")], data: Data = None
) -> None:
    """停用一个公钥，立即生效。"""
    with _opened(data) as (_, ring):
        typer.echo(f"{ring.retire(_who(), platform, key, keep_one=False).id}\t已停用")


@keys.command("list")
def list_keys(platform: PlatformId, data: Data = None) -> None:
    """列出一个平台的公钥。"""
    with _opened(data) as (_, ring):
        for one in ring.of(platform):
            state = "有效" if one.retired_at is None else "已停用"
            typer.echo(f"{one.id}\t{one.algorithm}\t{one.added_at:%Y-%m-%d %H:%M}\t{state}\t{one.label}")


@contextmanager
def _opened(data: Path | None) -> Iterator[tuple[Platforms, KeyRing]]:
    settings = settings_of(data)
    db = Database(make_engine(settings.database))
    try:
        journal, local = journal_of(settings, db.engine), settings.mode is Mode.DEVELOPMENT
        blocked = load_blocked(settings.folder.blocked_keys)
        registry = Platforms(db, _now, journal, on_this_machine=local)
        yield registry, KeyRing(db, _now, journal, blocked)
    finally:
        db.engine.dispose()


def _read(file: Path) -> CallKey:
    return from_pem(file.read_text(encoding="utf-8", errors="replace"))


def _who() -> str:
    return f"console:{getpass.getuser()}"


def _now() -> datetime:
    return datetime.now(UTC)
