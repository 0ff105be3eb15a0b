"""Rows of handovers and their one writer of status."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, desc, insert, select, update

from api.enterprises.handover.rules import Action, Party, Status, closed, move
from api.enterprises.tables import handover
from api.errors import NotFound


@dataclass(frozen=True, slots=True)
class Handover:
    """One offer of administration. ``serial``: of the certificate that stamped the letter."""

    id: str
    credit_code: str
    giver_id: int
    recipient_id: int
    status: Status
    letter_sha256: str
    serial: str
    offered_at: datetime
    expires_at: datetime
    closed_at: datetime | None
    note: str | None


_COLUMNS: Final = [handover.c[name] for name in Handover.__slots__]
_SHOWN: Final = 20


def add(tx: Connection, new: Handover, letter: bytes) -> None:
    """Store an offer. The database refuses a second one that is open."""
    values = {name: getattr(new, name) for name in Handover.__slots__}
    tx.execute(insert(handover).values(values | {"letter": letter}))


def of_parties(tx: Connection, person_id: int, credit_code: str) -> list[Handover]:
    """The enterprise's newest handovers in which the person is giver or recipient."""
    mine = (handover.c.giver_id == person_id) | (handover.c.recipient_id == person_id)
    asked = select(*_COLUMNS).where(handover.c.credit_code == credit_code, mine)
    rows = tx.execute(asked.order_by(desc(handover.c.offered_at), handover.c.id).limit(_SHOWN))
    return [_read(row) for row in rows]


def find_own(tx: Connection, person_id: int, credit_code: str, handover_id: str) -> Handover:
    """A handover in which the person is giver or recipient. Raises NotFound."""
    mine = (handover.c.giver_id == person_id) | (handover.c.recipient_id == person_id)
    here = (handover.c.id == handover_id) & (handover.c.credit_code == credit_code)
    row = tx.execute(select(*_COLUMNS).where(here, mine)).one_or_none()
    if row is None:
        raise NotFound("no such handover")
    return _read(row)


def letter(tx: Connection, handover_id: str) -> bytes:
    """The stamped letter, a PDF."""
    content: bytes = tx.execute(select(handover.c.letter).where(handover.c.id == handover_id)).scalar_one()
    return content


def open_of(tx: Connection, credit_code: str) -> Handover | None:
    """The offer that waits."""
    waiting = (handover.c.credit_code == credit_code) & (handover.c.status == Status.OFFERED)
    row = tx.execute(select(*_COLUMNS).where(waiting)).one_or_none()
    return None if row is None else _read(row)


def overdue(tx: Connection, now: datetime) -> list[Handover]:
    """Offers that nobody accepted in time."""
    late = (handover.c.status == Status.OFFERED) & (handover.c.expires_at <= now)
    return [_read(row) for row in tx.execute(select(*_COLUMNS).where(late).order_by(handover.c.id))]


def advance(
    tx: Connection, known: Handover, action: Action, party: Party, now: datetime, note: str | None = None
) -> Status:
    """Move a handover: the only writer of ``status``.

    Raises HandoverClosed, also when another request moved it since ``known`` was read, and HandoverExpired.
    """
    after = move(known.status, action, party, known.expires_at, now)
    unmoved = (handover.c.id == known.id) & (handover.c.status == known.status)
    values = {"status": after, "closed_at": now, "note": note}
    if tx.execute(update(handover).where(unmoved).values(values)).rowcount != 1:
        present = tx.execute(select(handover.c.status).where(handover.c.id == known.id)).scalar_one()
        raise closed("another request was first", Status(present))
    return after


def void(tx: Connection, credit_code: str, now: datetime, recipient_id: int | None = None) -> None:
    """Void the offer that waits, when there is one (to ``recipient_id``)."""
    known = open_of(tx, credit_code)
    if known is not None and recipient_id in (None, known.recipient_id):
        advance(tx, known, Action.VOID, Party.SYSTEM, now)


def _read(row: object) -> Handover:
    values = dict(row._mapping)  # type: ignore[attr-defined]
    return Handover(**values | {"status": Status(values["status"])})
