"""Finding platforms and their keys: the queries of this slice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from api.errors import NotFound
from api.platforms.public_keys import CallKey, from_der
from api.platforms.rules import Scope, Standing
from api.platforms.tables import key as key_table
from api.platforms.tables import platform as table


@dataclass(frozen=True, slots=True)
class Platform:
    """A registered platform. ``origins``: of its pages, the usual one first."""

    id: str
    name: str
    domain: str
    origins: tuple[str, ...]
    callback_url: str | None
    scopes: frozenset[Scope]
    catalogue_code: str | None
    standing: Standing
    is_sandbox: bool
    version: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PlatformKey:
    """A key that a platform signs with, or did. ``used_at``: to the minute, None for never."""

    id: str
    platform: str
    key: CallKey
    label: str
    added_at: datetime
    added_by: str
    retired_at: datetime | None
    used_at: datetime | None

    @property
    def algorithm(self) -> str:
        """As RFC 9421 names it."""
        return self.key.algorithm

    @property
    def jwk(self) -> dict[str, str]:
        """The public key."""
        return self.key.jwk


def find(tx: Connection, platform_id: str, *, lock: bool = False) -> Platform:
    """``lock``: until the end of the transaction. Raises NotFound."""
    asked = select(table).where(table.c.id == platform_id)
    row = tx.execute(asked.with_for_update() if lock else asked).one_or_none()
    if row is None:
        raise NotFound(f"no platform {platform_id!r}")
    return platform_of(row)


def keys_of(tx: Connection, platform_id: str) -> list[PlatformKey]:
    """All keys of a platform, retired ones included, oldest first."""
    mine = select(key_table).where(key_table.c.platform == platform_id)
    return [_key_of(row) for row in tx.execute(mine.order_by(key_table.c.added_at, key_table.c.id))]


def find_key(tx: Connection, key_id: str) -> PlatformKey | None:
    """A key by its thumbprint, whoever's."""
    row = tx.execute(select(key_table).where(key_table.c.id == key_id)).one_or_none()
    return None if row is None else _key_of(row)


def platform_of(row: Row[Any]) -> Platform:
    """A platform as its row says."""
    return Platform(
        id=row.id,
        name=row.name,
        domain=row.domain,
        origins=tuple(row.origins),
        callback_url=row.callback_url,
        scopes=frozenset(map(Scope, row.scopes)),
        catalogue_code=row.catalogue_code,
        standing=Standing(row.standing),
        is_sandbox=row.is_sandbox,
        version=row.version,
        created_at=row.created_at,
    )


def _key_of(row: Row[Any]) -> PlatformKey:
    return PlatformKey(
        id=row.id,
        platform=row.platform,
        key=from_der(row.public),
        label=row.label,
        added_at=row.added_at,
        added_by=row.added_by,
        retired_at=row.retired_at,
        used_at=row.used_at,
    )
