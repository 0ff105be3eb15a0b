"""``sealbridge crl``: the revocation lists."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from api.cli.options import Data, journal_of, settings_of
from api.db import make_engine
from api.tokens import use_embedded_softhsm
from ca.audit.event import Action, Event
from ca.authorities import StoredAuthorities
from ca.crl import CrlLibrary, Published
from ca.crl.files import write_lists
from hsm import Token, TokenKeys

app = typer.Typer(help="吊销列表。", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """吊销列表。"""


@app.command()
def publish(data: Data = None) -> None:
    """立即签发全部吊销列表，写入 pki 目录；运行中的服务半秒内提供新列表。"""
    settings = settings_of(data)
    use_embedded_softhsm(settings)
    engine = make_engine(settings.database)
    journal = journal_of(settings, engine)

    def tell(name: str, made: Published) -> None:
        journal.record(Event(Action.LIST_PUBLISHED, name, detail={"number": made.number}))
        typer.echo(f"{name} 第 {made.number} 期，有效至 {made.next_update:%Y-%m-%d %H:%M} UTC")

    try:
        with Token.open(settings.issuing, settings.issuing_pin_source) as token:
            known = StoredAuthorities(engine, TokenKeys(token).open, settings.pki_url)
            lists = CrlLibrary(engine, known, lambda: datetime.now(UTC), settings.crl_policy, tell)
            lists.publish_all()
            write_lists(settings.folder.pki, lists)
    finally:
        engine.dispose()
