"""Rows of recoveries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from api.errors import NotFound
from api.openings.deposits import still_to_open
from api.openings.tables import deposit, opening
from api.recovery.rules import RecoveryState, Status, stands
from api.recovery.tables import recovery


@dataclass(frozen=True, slots=True)
class Recovery:
    """One recovery. ``asked_by``, ``judged_by``: operators' names. ``status``: as it stands now."""

    id: str
    serial: str
    status: Status
    reason: str
    asked_by: str
    asked_at: datetime
    judged_by: str | None
    judged_at: datetime | None
    closed_at: datetime | None


def add(tx: Connection, new: Recovery) -> None:
    """Store a recovery that has just been asked for. IntegrityError when the key has one under way."""
    values = {name: getattr(new, name) for name in Recovery.__slots__}
    tx.execute(insert(recovery).values(**values, under_way=new.serial))


def find(tx: Connection, recovery_id: str, now: datetime) -> Recovery:
    """One recovery. Raises NotFound."""
    row = tx.execute(select(recovery).where(recovery.c.id == recovery_id)).mappings().one_or_none()
    if row is None:
        raise NotFound("no such recovery")
    return _recovery(row, now)


def newest_of(tx: Connection, serial: str, now: datetime) -> Recovery:
    """The newest recovery of a certificate's key. Raises NotFound."""
    asked = select(recovery).where(recovery.c.serial == serial).order_by(recovery.c.asked_at.desc()).limit(1)
    row = tx.execute(asked).mappings().one_or_none()
    if row is None:
        raise NotFound("nobody has asked for this key")
    return _recovery(row, now)


def newest(tx: Connection, status: Status | None, now: datetime, limit: int) -> list[Recovery]:
    """Recoveries in a status (all when None): first those under way for which bids wait, the next opening
    to end at the top; then the others, newest first."""
    next_end = (
        select(func.min(opening.c.closes_at))
        .select_from(deposit.join(opening))
        .where(deposit.c.serial == recovery.c.under_way, *still_to_open(now))
        .scalar_subquery()
    )
    order = (next_end.is_(None), next_end, recovery.c.asked_at.desc(), recovery.c.id)
    asked = select(recovery).order_by(*order)
    if status is Status.EXPIRED:
        asked = asked.where(recovery.c.status.in_([Status.EXPIRED, Status.APPROVED]))
    elif status is not None:
        asked = asked.where(recovery.c.status == status)
    found = (_recovery(row, now) for row in tx.execute(asked.limit(limit)).mappings())
    return [one for one in found if status is None or one.status is status]


def move(tx: Connection, known: Recovery, status: Status, now: datetime, **changes: Any) -> Recovery:
    """Take a recovery from the status it was seen in to another. Raises RecoveryState: another was faster."""
    if status in (Status.REFUSED, Status.DONE):
        changes |= {"under_way": None, "closed_at": now}
    same = (recovery.c.id == known.id) & (recovery.c.status == known.status)
    if tx.execute(update(recovery).where(same).values(status=status, **changes)).rowcount != 1:
        raise RecoveryState("another request was faster", status=find(tx, known.id, now).status)
    return find(tx, known.id, now)


def close_expired(tx: Connection, known: Recovery, now: datetime) -> None:
    """Write down that an approval was not used in time, so that the key may be asked for again."""
    same = (recovery.c.id == known.id) & (recovery.c.status == Status.APPROVED)
    tx.execute(update(recovery).where(same).values(status=Status.EXPIRED, under_way=None, closed_at=now))


def _recovery(row: RowMapping, now: datetime) -> Recovery:
    values = {name: row[name] for name in Recovery.__slots__}
    values["status"] = stands(Status(row["status"]), row["judged_at"], now)
    return Recovery(**values)
