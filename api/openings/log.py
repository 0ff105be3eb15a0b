"""Writing the log of an opening: one event after the other, in the transaction of what happened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from api.openings.tables import opening, opening_event
from mobile_bridge import evidence
from mobile_bridge.canonical import canonical


def append(
    tx: Connection,
    opening_id: str,
    now: datetime,
    what: str,
    facts: Mapping[str, Any],
    *,
    scan_id: str | None = None,
    person_id: int | None = None,
) -> None:
    """The next event. The opening's row is locked to the end of ``tx``, so nothing may wait behind it: in a
    transaction that also moves a scan, append after that."""
    mine = opening.c.id == opening_id
    counted = update(opening).where(mine).values(events=opening.c.events + 1)
    before = tx.execute(counted.returning(opening.c.events, opening.c.head)).one()
    told = dict(facts) if scan_id is None else {**facts, "scan": scan_id}
    event = evidence.new_event(before.events, now, what, told)
    link = evidence.next_link(before.head, evidence.digest_of(event))
    row = {
        "opening_id": opening_id,
        "number": before.events,
        "at": now,
        "what": what,
        "scan_id": scan_id,
        "person_id": person_id,
        "body": canonical(event).decode(),
        "link": link,
    }
    tx.execute(insert(opening_event).values(row))
    tx.execute(update(opening).where(mine).values(head=link))


def has(tx: Connection, scan_id: str, what: str) -> bool:
    """Whether such an event of a scan is there already."""
    mine = (opening_event.c.scan_id == scan_id) & (opening_event.c.what == what)
    return tx.execute(select(opening_event.c.number).where(mine).limit(1)).first() is not None
