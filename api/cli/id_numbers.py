"""``sealbridge id-numbers``."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from api.cli.options import Data, settings_of
from api.db import Database, make_engine

app = typer.Typer(help="身份证号码的加密保存。", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """身份证号码的加密保存。"""


@app.command()
def reseal(data: Data = None) -> None:
    """把旧版本用 data.key 加密的号码改用密码设备保护的数据密钥。可在服务运行时执行，可重复运行。"""
    from api.realname.data_keys import ensure_data_key  # not for the other commands: slow
    from api.realname.id_numbers import IdNumbers
    from api.resealing import reseal as reseal_all
    from api.tokens import OpenTokens

    settings = settings_of(data)
    db = Database(make_engine(settings.database))
    try:
        tokens = OpenTokens.open(settings)
        try:
            key = ensure_data_key(db, tokens.subscribers, datetime.now(UTC))
        finally:
            tokens.close()
        done = reseal_all(db, IdNumbers(key, settings.data_secret()))
    finally:
        db.engine.dispose()
    typer.echo(f"已重新加密 {done} 个号码")
