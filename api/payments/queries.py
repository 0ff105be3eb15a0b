"""Rows of orders and their one writer of status."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, desc, insert, select, update

from api.errors import NotFound
from api.paging import PageRequest, Part, fetch
from api.payments.errors import WrongOrderMove
from api.payments.rules import IN_FORCE, NAMES, Action, Status, move
from api.payments.tables import event, order


@dataclass(frozen=True, slots=True)
class Order:
    """An order. ``amount_fen``: 1 and more. ``expires_at``: None until its page was opened."""

    id: str
    application_id: str
    person_id: int
    amount_fen: int
    title: str
    status: Status
    reason: str | None
    trade_no: str | None
    created_at: datetime
    expires_at: datetime | None
    paid_at: datetime | None
    refunded_at: datetime | None


def add(tx: Connection, new: Order) -> None:
    """Store a new order."""
    tx.execute(insert(order).values({name: getattr(new, name) for name in Order.__slots__}))
    _note(tx, new.id, "create", new.status, new.created_at, None)


def find(tx: Connection, order_id: str) -> Order:
    """An order by its id. Raises NotFound."""
    found = tx.execute(select(order).where(order.c.id == order_id)).one_or_none()
    if found is None:
        raise NotFound("no such order")
    return made(found)


def newest(tx: Connection, application_id: str) -> Order | None:
    """The order of an application that counts: the one in force, else the last."""
    asked = select(order).where(order.c.application_id == application_id)
    rows = [made(row) for row in tx.execute(asked.order_by(desc(order.c.created_at), order.c.id))]
    return next((one for one in rows if one.status in IN_FORCE), rows[0] if rows else None)


def listed(
    tx: Connection, page: PageRequest, status: Status | None, application_id: str | None
) -> Part[Row[Any]]:
    """Everybody's orders, newest first."""
    asked = select(order)
    if status is not None:
        asked = asked.where(order.c.status == status)
    if application_id is not None:
        asked = asked.where(order.c.application_id == application_id)
    return fetch(tx, asked, page, (order.c.created_at, order.c.id))


def events(tx: Connection, order_id: str) -> list[Row[Any]]:
    """What happened to an order, in order."""
    return list(tx.execute(select(event).where(event.c.order_id == order_id).order_by(event.c.id)))


def open_page(tx: Connection, known: Order, until: datetime) -> bool:
    """The page of an order is opened first now; False when it was before."""
    unopened = order.c.id == known.id, order.c.expires_at.is_(None)
    return tx.execute(update(order).where(*unopened).values(expires_at=until)).rowcount == 1


def bury(tx: Connection, application_id: str, lapsed: str, reason: str) -> None:
    """No order that was closed for the reason ``lapsed`` is followed by another any more. It waits for
    whoever is making one at this moment, which is then the newest."""
    mine = order.c.application_id == application_id, order.c.status == Status.CLOSED
    tx.execute(update(order).where(*mine, order.c.reason == lapsed).values(reason=reason))


def is_closed_for(tx: Connection, known: Order, reason: str) -> bool:
    """Whether an order is closed for this reason, which stays so until the transaction ends."""
    mine = order.c.id == known.id, order.c.status == Status.CLOSED, order.c.reason == reason
    return tx.execute(select(order.c.id).where(*mine).with_for_update()).first() is not None


def advance(
    tx: Connection, known: Order, action: Action, now: datetime, *, note: str | None = None, **values: Any
) -> Status:
    """Move an order and write it down: the only writer of ``status``. ``values``: of other columns.

    Raises WrongOrderMove, also when somebody else has moved it since ``known`` was read.
    """
    after = move(known.status, action)
    unmoved = order.c.id == known.id, order.c.status == known.status
    if tx.execute(update(order).where(*unmoved).values(status=after, **values)).rowcount != 1:
        status = find(tx, known.id).status
        raise WrongOrderMove("another was first", status=status, status_name=NAMES[status])
    _note(tx, known.id, action, after, now, note)
    return after


def made(row: Row[Any]) -> Order:
    """An order of its row."""
    return Order(**{**row._mapping, "status": Status(row.status)})


def _note(tx: Connection, order_id: str, action: str, status: Status, at: datetime, note: str | None) -> None:
    row = {"order_id": order_id, "at": at, "action": action, "status": status}
    tx.execute(insert(event).values(row | {"note": note[:200] if note else None}))
