"""What was done to platforms: in the journal for everybody to answer for, and in a table to be looked up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from api.paging import PageRequest, Part, fetch
from api.platforms.tables import change as table
from ca.audit.event import Action, Event
from ca.audit.journal import Journal


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a platform's history. ``who``: ``operator:NAME``, ``key:ID`` or ``console:NAME``."""

    at: datetime
    who: str
    act: str
    detail: Mapping[str, Any]


def note(
    tx: Connection,
    journal: Journal,
    now: datetime,
    platform: str,
    who: str,
    act: str,
    detail: Mapping[str, Any],
) -> None:
    """Keep what was done, in the transaction in which it is done; last in it, as the journal asks."""
    row = {"platform": platform, "at": now, "who": who, "act": act, "detail": dict(detail)}
    tx.execute(insert(table).values(row))
    told = {name: _text(value) for name, value in detail.items() if value is not None}
    journal.append(tx, Event(Action.PLATFORM_CHANGED, platform, detail={"act": act, "by": who} | told))


def of(tx: Connection, platform: str, page: PageRequest) -> Part[Change]:
    """What was done to a platform, newest first."""
    mine = select(table).where(table.c.platform == platform)
    rows = fetch(tx, mine, page, (table.c.id,))
    return rows.map(lambda row: Change(row.at, row.who, row.act, row.detail))


def _text(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
