"""Openings as they were read."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, select
from sqlalchemy.dialects import postgresql, sqlite

from api.openings.errors import OpeningUnknown
from api.openings.rules import Window
from api.openings.tables import opening, opening_scan
from mobile_bridge import evidence


@dataclass(frozen=True, slots=True)
class Opening:
    """An opening. ``number``, ``title``: of the tender; ``events``, ``head``: of its log."""

    id: str
    platform_id: str
    number: str
    title: str
    opens_at: datetime
    closes_at: datetime
    announced_at: datetime
    events: int
    head: str

    @property
    def window(self) -> Window:
        """When it is."""
        return Window(self.opens_at, self.closes_at)


_ALL: Final[Select[Any]] = select(*(opening.c[name] for name in Opening.__slots__))


def find(tx: Connection, platform_id: str, number: str, *, lock: bool = False) -> Opening | None:
    """The opening of a tender. ``lock``: until the end of the transaction."""
    asked = _ALL.where(opening.c.platform_id == platform_id, opening.c.number == number)
    return _read(tx.execute(asked.with_for_update(key_share=True) if lock else asked).one_or_none())


def required(tx: Connection, platform_id: str, number: str, *, lock: bool = False) -> Opening:
    """Raises OpeningUnknown. ``lock``: as in ``find``."""
    found = find(tx, platform_id, number, lock=lock)
    if found is None:
        raise OpeningUnknown(f"no opening {number!r} of this platform")
    return found


def of_id(tx: Connection, opening_id: str) -> Opening:
    """Raises OpeningUnknown."""
    found = _read(tx.execute(_ALL.where(opening.c.id == opening_id)).one_or_none())
    if found is None:
        raise OpeningUnknown("no such opening")
    return found


def of_scan(tx: Connection, scan_id: str) -> str | None:
    """The id of the opening that a scan is about, if it is about one."""
    asked = select(opening_scan.c.opening_id).where(opening_scan.c.scan_id == scan_id)
    found: str | None = tx.execute(asked).scalar_one_or_none()
    return found


def add(tx: Connection, platform_id: str, number: str, title: str, window: Window, now: datetime) -> bool:
    """Write down an opening; False where another was faster."""
    row = Opening(
        id=secrets.token_hex(12),
        platform_id=platform_id,
        number=number,
        title=title,
        opens_at=window.opens_at,
        closes_at=window.closes_at,
        announced_at=now,
        events=0,
        head=evidence.first_link(platform_id, number),
    )
    values = {name: getattr(row, name) for name in Opening.__slots__}
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    made = insert(opening).values(values).on_conflict_do_nothing().returning(opening.c.id)
    return tx.execute(made).first() is not None


def _read(row: Row[Any] | None) -> Opening | None:
    return None if row is None else Opening(**row._asdict())
