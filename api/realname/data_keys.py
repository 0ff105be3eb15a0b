"""The data key of identity numbers: random, kept in the database, and sealed by the subscribers' token.

It is opened once, at the start. Without the token, the database tells no number and cannot be searched for
one; with another token, the service does not start, rather than write what nobody could read.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from api.db import Database
from api.errors import ConfigurationRefused
from api.realname.tables import data_key
from hsm import SecretSeal, Token
from hsm.errors import KeyDamaged, KeyNotFound

LABEL: Final = "sealbridge-data-key"
"""The token key that seals it."""

_THE_ONE: Final = 1
_BOUND_TO: Final = b"data key of identity numbers"


def ensure_data_key(db: Database, token: Token, now: datetime) -> bytes:
    """The data key, 32 bytes, made at the first time. May be killed anywhere, and done by several at once.

    Raises ConfigurationRefused when it was sealed by another token, HsmError.
    """
    with db.read() as tx:
        is_there = has_data_key(tx)
    if not is_there:
        seal = SecretSeal(token, LABEL)
        seal.ensure_key()
        _keep(db, seal.seal(secrets.token_bytes(32), _BOUND_TO), now)
    return open_data_key(db, token)


def has_data_key(tx: Connection) -> bool:
    """Whether it has been made."""
    return _kept(tx) is not None


def open_data_key(db: Database, token: Token) -> bytes:
    """The data key that is there. Raises ConfigurationRefused, HsmError."""
    with db.read() as tx:
        kept = _kept(tx)
    try:
        return SecretSeal(token, LABEL).open(kept or b"", _BOUND_TO)
    except (KeyDamaged, KeyNotFound) as exc:
        raise ConfigurationRefused(
            "the data key of identity numbers was sealed by another token than the subscribers' one",
            reason="身份证号码的数据密钥无法用当前密码设备打开，请恢复原设备",
        ) from exc


def _kept(tx: Connection) -> bytes | None:
    return tx.execute(select(data_key.c.sealed).where(data_key.c.id == _THE_ONE)).scalar_one_or_none()


def _keep(db: Database, sealed: bytes, now: datetime) -> None:
    try:
        with db.write() as tx:
            tx.execute(insert(data_key).values(id=_THE_ONE, sealed=sealed, made_at=now))
    except IntegrityError:
        return  # somebody was a moment faster; theirs is the one
