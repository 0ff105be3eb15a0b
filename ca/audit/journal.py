"""Adding entries, in the transaction of the act that they tell of."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from ca.audit.event import START, Actor, Event, acting, found_by, line
from ca.audit.tables import entry, finding, head


class Journal:
    """The chain of one node. Safe for many threads and processes. ``node``: names the chain."""

    def __init__(self, engine: Engine, node: str, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock
        self.node = node

    def append(self, connection: Connection, *events: Event) -> None:
        """Add entries in the caller's writing transaction: the act and its entries are kept, or neither.

        Call it last in a transaction, since it lets one writer at a time pass. Who acts is told by
        ``acting``; the service itself where nobody is.
        """
        if not events:
            return
        sequence, before = self._locked_head(connection)
        actor, now, rows, findings = acting.get(None) or Actor(), self._clock(), [], []
        for event in events:
            sequence += 1
            text = line(self.node, sequence, before, now, actor, event)
            before = hash_of(text)
            rows.append({"node": self.node, "seq": sequence, "line": text, "hash": before})
            findings.append({"node": self.node, "seq": sequence, **found_by(now, actor, event)})
        connection.execute(insert(entry), rows)
        connection.execute(insert(finding), findings)
        end = update(head).where(head.c.node == self.node).values(seq=sequence, hash=before)
        connection.execute(end)

    def record(self, *events: Event) -> None:
        """Add entries in a transaction of their own, for what is not kept elsewhere."""
        with self._engine.connect() as connection:
            connection = connection.execution_options(sealbridge_writes=True)
            with connection.begin():
                self.append(connection, *events)

    def _locked_head(self, connection: Connection) -> tuple[int, str]:
        # On SQLite a writing transaction excludes all others; PostgreSQL locks the row.
        asked = select(head.c.seq, head.c.hash).where(head.c.node == self.node).with_for_update()
        row = connection.execute(asked).one_or_none()
        if row is None:
            begin = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            first = begin(head).values(node=self.node, seq=0, hash=START)
            connection.execute(first.on_conflict_do_nothing())
            row = connection.execute(asked).one()
        return row.seq, row.hash


def hash_of(text: str) -> str:
    """SHA-256 of a line, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
