"""A platform's signed call, kept so that its signature can be checked by others, years later (RFC 9421)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from api.openings.tables import opening_call
from api.platforms.registered import Platform
from mobile_bridge.canonical import canonical


@dataclass(frozen=True, slots=True)
class KeptCall:
    """A call whose signature holds. ``url``: as it was signed; ``fields``: those of its head that the
    signature covers, and the signature's own, names in lower case."""

    platform: Platform
    key_id: str
    method: str
    url: str
    fields: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """What the log names the call by: over head and body."""
        head = {"method": self.method, "url": self.url, "fields": dict(self.fields)}
        return hashlib.sha256(canonical(head) + b"\n" + self.body).hexdigest()


def keep(tx: Connection, opening_id: str, call: KeptCall, now: datetime) -> str:
    """Keep a call; its SHA-256."""
    digest = call.sha256
    row: dict[str, Any] = {
        "opening_id": opening_id,
        "sha256": digest,
        "at": now,
        "key_id": call.key_id,
        "method": call.method,
        "url": call.url,
        "fields": dict(call.fields),
        "body": call.body,
    }
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    tx.execute(insert(opening_call).values(row).on_conflict_do_nothing())
    return digest


def kept(tx: Connection, opening_id: str) -> list[dict[str, Any]]:
    """The calls of an opening, oldest first: the columns of ``opening_call``."""
    asked = select(opening_call).where(opening_call.c.opening_id == opening_id)
    return [dict(row) for row in tx.execute(asked.order_by(opening_call.c.at)).mappings()]
