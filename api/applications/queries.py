"""Rows of applications and their one writer of status."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, desc, func, insert, select, update

from api.applications.rules import OPEN, Action, Actor, SameOperator, Status, WrongMove, move
from api.applications.tables import application, event
from api.errors import NotFound


@dataclass(frozen=True, slots=True)
class Application:
    """One application. The two identity numbers are sealed."""

    id: str
    person_id: int
    product: str
    status: Status
    enterprise_name: str
    credit_code: str
    legal_person: str
    legal_person_id: bytes
    administrator_name: str
    administrator_id: bytes
    administrator_phone: str
    reason: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Deed:
    """Who does something to an application. ``actor_id``: as the event row will name them."""

    actor: Actor
    actor_id: str
    action: Action
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened."""

    at: datetime
    actor: str
    action: str
    status: str
    note: str | None


def find(tx: Connection, application_id: str) -> Application:
    """Anybody's application. Raises NotFound."""
    return _one(tx, application.c.id == application_id)


def find_own(tx: Connection, application_id: str, person_id: int) -> Application:
    """A person's own application. Raises NotFound, for somebody else's too."""
    return _one(tx, (application.c.id == application_id) & (application.c.person_id == person_id))


def of_person(tx: Connection, person_id: int) -> list[Application]:
    """A person's applications, newest first."""
    asked = select(application).where(application.c.person_id == person_id)
    return _all(tx.execute(asked.order_by(desc(application.c.created_at), application.c.id)))


def in_status(tx: Connection, status: Status | None, limit: int, offset: int) -> list[Application]:
    """Everybody's applications, those that wait longest first."""
    asked = select(application).order_by(application.c.updated_at, application.c.id)
    if status is not None:
        asked = asked.where(application.c.status == status)
    return _all(tx.execute(asked.limit(limit).offset(offset)))


def count_open(tx: Connection, person_id: int) -> int:
    """How many unfinished applications a person has."""
    mine = (application.c.person_id == person_id) & application.c.status.in_(OPEN)
    return int(tx.execute(select(func.count()).select_from(application).where(mine)).scalar_one())


def add(tx: Connection, new: Application) -> None:
    """Store a new application."""
    tx.execute(insert(application).values({name: getattr(new, name) for name in Application.__slots__}))


def advance(
    tx: Connection, known: Application, deed: Deed, now: datetime, *, reason: str | None = None
) -> Status:
    """Move an application and write down who did it: the only writer of ``status``.

    Raises WrongMove, also when another request has moved it since ``known`` was read, and SameOperator.
    """
    after = move(known.status, deed.action, deed.actor)
    if deed.action is Action.COUNTERSIGN and _endorser(tx, known.id) == deed.actor_id:
        raise SameOperator("the operator who endorsed it cannot countersign it")
    unmoved = (application.c.id == known.id) & (application.c.status == known.status)
    values = {"status": after, "updated_at": now, "reason": reason}
    if tx.execute(update(application).where(unmoved).values(values)).rowcount != 1:
        raise WrongMove("another request was first", status=find(tx, known.id).status)
    row = {"application_id": known.id, "at": now, "status": after, "note": deed.note}
    done = {"actor": deed.actor, "actor_id": deed.actor_id, "action": deed.action}
    tx.execute(insert(event).values(row | done))
    return after


def events(tx: Connection, application_id: str) -> list[Event]:
    """What happened to an application, in order."""
    columns = [event.c[name] for name in Event.__slots__]
    asked = select(*columns).where(event.c.application_id == application_id).order_by(event.c.id)
    return [Event(*row) for row in tx.execute(asked)]


def _endorser(tx: Connection, application_id: str) -> str:
    """Who endorsed it last."""
    endorsed = (event.c.application_id == application_id) & (event.c.action == Action.ENDORSE)
    asked = select(event.c.actor_id).where(endorsed).order_by(desc(event.c.id)).limit(1)
    return str(tx.execute(asked).scalar_one())


def _one(tx: Connection, condition: ColumnElement[bool]) -> Application:
    found = _all(tx.execute(select(application).where(condition)))
    if not found:
        raise NotFound("no such application")
    return found[0]


def _all(rows: Any) -> list[Application]:
    return [Application(**row | {"status": Status(row["status"])}) for row in map(dict, rows.mappings())]
