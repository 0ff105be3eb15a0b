"""How often something may be done: rows in the database, so that all processes count together.

A key is an HMAC of whom it is about: the table tells no numbers and no addresses.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from api.accounts.rules import Pace
from api.accounts.tables import pace as table


class Pacing:
    """Counts acts. Take paces in one order (address, address and number, number), or two may wait for each
    other. ``key``: the server's secret."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def spend(self, tx: Connection, pace: Pace, now: datetime, *about: str) -> timedelta:
        """Count an act; how long to wait when it was one too many and was not counted."""
        name = self.digest("pace", *about)
        after, wait = pace.spend(self._locked(tx, name, now), now)
        if not wait:
            tx.execute(update(table).where(table.c.name == name).values(until=after))
        return wait

    def spent(self, tx: Connection, pace: Pace, now: datetime, *about: str) -> int:
        """How many acts are counted at present."""
        asked = select(table.c.until).where(table.c.name == self.digest("pace", *about))
        until = tx.execute(asked).scalar_one_or_none()
        return 0 if until is None else pace.spent(until, now)

    def give_back(self, tx: Connection, pace: Pace, now: datetime, *about: str) -> None:
        """Forget the last act: it was not done."""
        name = self.digest("pace", *about)
        until = self._locked(tx, name, now) - pace.every
        tx.execute(update(table).where(table.c.name == name).values(until=until))

    def forget(self, tx: Connection, *about: str) -> None:
        """Forget all acts."""
        tx.execute(delete(table).where(table.c.name == self.digest("pace", *about)))

    def digest(self, *parts: str) -> str:
        """A name that tells nothing without the key."""
        return hmac.new(self._key, "\0".join(parts).encode(), hashlib.sha256).hexdigest()

    def _locked(self, tx: Connection, name: str, now: datetime) -> datetime:
        begin = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
        tx.execute(begin(table).values(name=name, until=now).on_conflict_do_nothing())
        until: datetime = tx.execute(
            select(table.c.until).where(table.c.name == name).with_for_update()
        ).scalar_one()
        return until


def forget_old(tx: Connection, now: datetime) -> None:
    """Drop what limits nothing any more, without waiting for anybody."""
    old = select(table.c.name).where(table.c.until < now - timedelta(days=1))
    tx.execute(delete(table).where(table.c.name.in_(old.with_for_update(skip_locked=True))))
