"""What belongs on a list, read from the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, select

from ca.crl.encoding import REMOVE, Listed
from ca.tables import certificate

_COLUMNS: Final = (
    certificate.c.serial,
    certificate.c.revoked_at,
    certificate.c.reason,
    certificate.c.invalidity_date,
)


def revoked(connection: Connection, issuer: str, shard: int, expired_after: datetime) -> Iterator[Listed]:
    """What ``issuer`` revoked or suspended, apart from certificates that expired before ``expired_after``."""
    asked = select(*_COLUMNS).where(
        certificate.c.issuer == issuer,
        certificate.c.crl_shard == shard,
        certificate.c.revoked_at.is_not(None),
        certificate.c.not_after >= expired_after,
    )
    for serial, at, reason, invalidity_date in _rows(connection, asked):
        yield Listed(int(serial, 16), at, reason, invalidity_date)


def changed(
    connection: Connection, issuer: str, shard: int, expired_after: datetime, since: datetime
) -> Iterator[Listed]:
    """What changed ``since`` a time: revoked, suspended, or released (removed from the list)."""
    asked = select(*_COLUMNS, certificate.c.status_changed_at).where(
        certificate.c.issuer == issuer,
        certificate.c.crl_shard == shard,
        certificate.c.status_changed_at >= since,
        certificate.c.not_after >= expired_after,
    )
    for serial, at, reason, invalidity_date, changed_at in _rows(connection, asked):
        if at is None:
            yield Listed(int(serial, 16), changed_at, REMOVE)
        else:
            yield Listed(int(serial, 16), at, reason, invalidity_date)


def _rows(connection: Connection, asked: Select[Any]) -> Any:
    return connection.execute(asked.execution_options(yield_per=10_000))
