"""The one writer of sessions' status and of their events, for both directions.

Every change is an UPDATE on condition that the session still stands where its reader saw it, with an event
row in the same transaction. Begin a writing transaction with one of these functions: then, on SQLite, it
waits for other writers instead of failing on an old snapshot.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, Row, bindparam, insert, select, update

from mobile_bridge.server import rules, tables
from mobile_bridge.server.rules import OPEN, SUPERSEDED, Action, Actor, SessionKind, Status

Clock = Callable[[], datetime]
"""Gives the time, aware."""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the evidence: from which status to which. ``number``: from 1, without gaps."""

    number: int
    at: datetime
    actor: Actor
    action: str
    before: Status | None
    after: Status
    code: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody does to a session that stands at ``before``. ``code``: of the error behind it, if any."""

    before: Status
    action: str
    actor: Actor
    after: Status
    code: str | None = None

    @staticmethod
    def move(before: Status, action: Action, actor: Actor, code: str | None = None) -> Step:
        """A step along the table of moves. Raises WrongMove."""
        return Step(before, action, actor, rules.move(before, action, actor), code)

    @staticmethod
    def note(status: Status, action: str, actor: Actor, code: str | None = None) -> Step:
        """A step that leaves the session where it is."""
        return Step(status, action, actor, status, code)


_TABLE: Final = tables.session

# Made once: building a statement costs SQLAlchemy more than SQLite takes to carry it out.
_NEW_SESSION: Final = insert(_TABLE)
_NEW_EVENT: Final = insert(tables.event)
_TAKING: Final = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("which"), _TABLE.c.status == bindparam("was"))
    .values(events=_TABLE.c.events + 1)
    .returning(_TABLE.c.events)
)


def create(
    tx: Connection, kind: SessionKind, subject: str, owner: str, now: datetime, expires_at: datetime
) -> str:
    """A new session's id."""
    session_id = secrets.token_hex(16)
    row = {
        "id": session_id,
        "kind": kind,
        "subject": subject,
        "owner": owner,
        "status": Status.CREATED,
        "created_at": now,
        "expires_at": expires_at,
        "events": 1,
    }
    tx.execute(_NEW_SESSION, row)
    _record(tx, session_id, Event(1, now, Actor.REQUESTER, "create", None, Status.CREATED, None))
    return session_id


def take(
    tx: Connection, session_id: str, step: Step, now: datetime, *where: ColumnElement[bool], **values: Any
) -> int | None:
    """Take a step and write ``values`` with it; the number of its event, None when the session was moved.

    ``where``: what else must hold for it.
    """
    unmoved = {"which": session_id, "was": step.before}
    written = values | {"status": step.after}
    change = _TAKING.where(*where) if where else _TAKING
    number = tx.execute(change, unmoved | written).scalar_one_or_none()
    if number is not None:
        event = Event(number, now, step.actor, step.action, step.before, step.after, step.code)
        _record(tx, session_id, event)
    return number


def supersede(
    tx: Connection, kind: SessionKind, subject: str, now: datetime, *where: ColumnElement[bool]
) -> list[str]:
    """Cancel the open sessions of a subject, which a newer one replaces; their ids."""
    cancelled = []
    for before in sorted(OPEN):
        step = Step.move(before, Action.CANCEL, Actor.REQUESTER, SUPERSEDED)
        same = (_TABLE.c.subject == subject) & (_TABLE.c.kind == kind) & (_TABLE.c.status == before)
        written = {"status": step.after, "failure": SUPERSEDED, "events": _TABLE.c.events + 1}
        change = update(_TABLE).where(same, *where).values(written)
        for row in tx.execute(change.returning(_TABLE.c.id, _TABLE.c.events)).all():
            event = Event(row.events, now, step.actor, step.action, before, step.after, step.code)
            _record(tx, row.id, event)
            cancelled.append(str(row.id))
    return cancelled


def events_of(engine: Engine, session_id: str) -> list[Event]:
    """What happened to a session, in order."""
    columns = [tables.event.c[name] for name in Event.__slots__]
    mine = tables.event.c.session_id == session_id
    with engine.connect() as connection:
        asked = select(*columns).where(mine).order_by(tables.event.c.number)
        return [_event(row) for row in connection.execute(asked)]


def _event(row: Row[Any]) -> Event:
    values = row._asdict()
    before = None if values["before"] is None else Status(values["before"])
    typed = {"actor": Actor(values["actor"]), "before": before, "after": Status(values["after"])}
    return Event(**values | typed)


def _record(tx: Connection, session_id: str, event: Event) -> None:
    row = {name: getattr(event, name) for name in Event.__slots__}
    tx.execute(_NEW_EVENT, row | {"session_id": session_id})
