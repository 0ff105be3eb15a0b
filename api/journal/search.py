"""Looking entries up by who did what to what and when; how far each chain is signed; handing it out.

What is found is for reading: that the journal is whole is proven by its lines and checkpoints alone, which
``export`` gives and ``sealbridge audit verify`` checks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, desc, select

from api.db import Database
from api.paging import PageRequest, Part, fetch
from ca.audit import records
from ca.audit.event import Action, Event, Outcome
from ca.audit.journal import Journal
from ca.audit.tables import checkpoint, entry, finding, head

_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What entries are looked for by; all that is told must fit. ``since`` is included, ``until`` is not."""

    actor: str | None = None
    action: Action | None = None
    subject: str | None = None
    outcome: Outcome | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """On the index of the journal."""
        equal = {"name": self.actor, "action": self.action, "subject": self.subject, "outcome": self.outcome}
        fits = [finding.c[column] == value for column, value in equal.items() if value is not None]
        fits += [] if self.since is None else [finding.c.at >= self.since]
        return fits + ([] if self.until is None else [finding.c.at < self.until])

    @property
    def is_everything(self) -> bool:
        """Whether nothing is told."""
        return not any(value is not None for value in asdict(self).values())


@dataclass(frozen=True, slots=True)
class Found:
    """One entry: what its line tells, and the line's SHA-256."""

    told: dict[str, Any]
    sha256: str


@dataclass(frozen=True, slots=True)
class End:
    """The end of a node's chain. ``signed_to``: the entry that the newest checkpoint signs, 0 for none."""

    node: str
    sequence: int
    sha256: str
    signed_to: int
    signed_at: datetime | None
    is_stamped: bool


class JournalSearch:
    """Reads the journal, for auditors."""

    def __init__(self, db: Database, journal: Journal) -> None:
        self._db = db
        self._journal = journal

    def search(self, wanted: Wanted, page: PageRequest) -> Part[Found]:
        """Newest first."""
        asked = select(entry.c.line, entry.c.hash, *_ORDER).join(entry, _SAME).where(*wanted.conditions())
        with self._db.read() as tx:
            return fetch(tx, asked, page, _ORDER).map(lambda row: Found(json.loads(row.line), row.hash))

    def ends(self) -> list[End]:
        """Of every node."""
        with self._db.read() as tx:
            return [_end(tx, *row) for row in tx.execute(select(head.c.node, head.c.seq, head.c.hash))]

    def export(self, wanted: Wanted) -> Iterator[str]:
        """JSON lines, oldest first: everything with its checkpoints, or the entries that fit.

        That it was taken away is in the journal, before its first line is out.
        """
        told = {name: str(value) for name, value in asdict(wanted).items() if value is not None}
        self._journal.record(Event(Action.JOURNAL_EXPORTED, detail=told))
        return self._everything() if wanted.is_everything else self._fitting(wanted)

    def _everything(self) -> Iterator[str]:
        """Up to where each chain ends now. No transaction is held while somebody reads slowly."""
        for end in self.ends():
            for after in range(0, end.sequence, _AT_ONCE):
                until = min(after + _AT_ONCE, end.sequence)
                with self._db.read() as tx:
                    part = [records.to_text(one) for one in records.of_range(tx, end.node, after, until)]
                yield from (f"{line}\n" for line in part)

    def _fitting(self, wanted: Wanted) -> Iterator[str]:
        asked = select(entry.c.line, *_ORDER).join(entry, _SAME).where(*wanted.conditions())
        with self._db.read() as tx:
            newest = select(finding.c.at).order_by(desc(finding.c.at)).limit(1)
            until = tx.execute(newest).scalar_one_or_none()
        if until is not None:
            asked = asked.where(finding.c.at <= until)
        page = PageRequest(_AT_ONCE)
        while True:
            with self._db.read() as tx:
                part = fetch(tx, asked, page, _ORDER, newest_first=False)
            yield from (f"{row.line}\n" for row in part.rows)
            if part.last is None:
                return
            page = PageRequest(_AT_ONCE, part.last)


_ORDER: Final = (finding.c.at, finding.c.node, finding.c.seq)
_SAME: Final = and_(entry.c.node == finding.c.node, entry.c.seq == finding.c.seq)


def _end(tx: Connection, node: str, sequence: int, sha256: str) -> End:
    columns = checkpoint.c.seq, checkpoint.c.at, checkpoint.c.stamp
    signed = select(*columns).where(checkpoint.c.node == node).order_by(desc(checkpoint.c.seq)).limit(1)
    last = tx.execute(signed).one_or_none()
    if last is None:
        return End(node, sequence, sha256, 0, None, False)
    return End(node, sequence, sha256, last.seq, last.at, last.stamp is not None)
