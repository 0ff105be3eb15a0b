"""Rows of applications: read with their current revision, and moved by one writer of status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    RowMapping,
    Select,
    and_,
    desc,
    func,
    insert,
    select,
    update,
)

from api.applications.consequences import follow
from api.applications.kinds import ApplicationKind
from api.applications.model import Application, Deed, Event, Particulars, Version
from api.applications.rules import OPEN, Action, SameOperator, Status, WrongMove, move
from api.applications.tables import application, event, revision
from api.catalogue.queries import find_product
from api.enterprises.rules import Role
from api.enterprises.tables import membership
from api.errors import NotFound
from api.paging import PageRequest, Part, fetch

SYSTEM = "system"
"""How the event row names the service itself."""

_SAID = tuple(one.name for one in fields(Particulars))
_ROW = tuple(one.name for one in fields(Application) if one.name not in _SAID)

_CURRENT = select(*(application.c[name] for name in _ROW), *(revision.c[name] for name in _SAID)).join_from(
    application,
    revision,
    and_(revision.c.application_id == application.c.id, revision.c.revision == application.c.revision),
)


def find(tx: Connection, application_id: str) -> Application:
    """Anybody's application. Raises NotFound."""
    return _one(tx, application.c.id == application_id)


def find_own(tx: Connection, application_id: str, person_id: int) -> Application:
    """A person's own application. Raises NotFound, for somebody else's too."""
    return _one(tx, (application.c.id == application_id) & (application.c.person_id == person_id))


def of_person(tx: Connection, person_id: int, page: PageRequest) -> Part[Application]:
    """A person's applications, newest first."""
    asked = _CURRENT.where(application.c.person_id == person_id)
    return fetch(tx, asked, page, (application.c.created_at, application.c.id)).map(_read)


def of_ids(tx: Connection, ids: Sequence[str]) -> list[Application]:
    """These applications, in this order."""
    found = {one.id: one for one in _all(tx, _CURRENT.where(application.c.id.in_(ids)))}
    return [found[number] for number in ids]


def waiting_since(
    tx: Connection, status: Status, before: datetime, limit: int, *more: ColumnElement[bool]
) -> list[Application]:
    """Applications that were moved into ``status`` before a time, longest first. ``more``: conditions."""
    asked = _CURRENT.where(application.c.status == status, application.c.updated_at < before, *more)
    return _all(tx, asked.order_by(application.c.updated_at, application.c.id).limit(limit))


def open_of_serial(tx: Connection, serial: str, kind: ApplicationKind) -> Application | None:
    """The open application of this kind about a certificate."""
    about = (application.c.serial == serial.lower()) & (application.c.kind == kind)
    found = _all(tx, _CURRENT.where(about, application.c.status.in_(OPEN)).limit(1))
    return found[0] if found else None


def asking_administrator(tx: Connection, person_id: int, page: PageRequest) -> Part[Application]:
    """Applications that wait for the consent of this person, who administers what they name."""
    administers = membership.c.role == Role.ADMINISTRATOR, membership.c.until.is_(None)
    administered = select(membership.c.credit_code).where(membership.c.person_id == person_id, *administers)
    waiting = (application.c.status == Status.CONSENT) & application.c.credit_code.in_(administered)
    order = (application.c.updated_at, application.c.id)
    return fetch(tx, _CURRENT.where(waiting), page, order, newest_first=False).map(_read)


def open_of_enterprise(
    tx: Connection, credit_code: str, kind: ApplicationKind, person_id: int | None = None
) -> Application | None:
    """An open application of a kind for an enterprise, by this person if one is named."""
    about = (application.c.credit_code == credit_code) & (application.c.kind == kind)
    asked = _CURRENT.where(about, application.c.status.in_(OPEN))
    if person_id is not None:
        asked = asked.where(application.c.person_id == person_id)
    found = _all(tx, asked.limit(1))
    return found[0] if found else None


def last_deed(tx: Connection, known: Application, action: Action) -> str | None:
    """Who did this last to the current revision, as the event row names them."""
    asked = select(event.c.actor_id).where(*_deeds(known, action))
    return tx.execute(asked.order_by(desc(event.c.id)).limit(1)).scalar_one_or_none()


def endorser(tx: Connection, known: Application) -> str:
    """Which operator endorsed it last, by name."""
    endorsed = (event.c.application_id == known.id) & (event.c.action == Action.ENDORSE)
    asked = select(event.c.actor_id).where(endorsed).order_by(desc(event.c.id)).limit(1)
    return str(tx.execute(asked).scalar_one())


def consenting(tx: Connection, application_id: str) -> list[int]:
    """Persons who consented to an application, in any of its revisions."""
    deeds = (event.c.application_id == application_id) & (event.c.action == Action.CONSENT)
    return [int(one) for one in tx.execute(select(event.c.actor_id).where(deeds).distinct()).scalars()]


def last_time(tx: Connection, known: Application, action: Action) -> datetime | None:
    """When this was done last to the current revision."""
    asked = select(event.c.at).where(*_deeds(known, action))
    return tx.execute(asked.order_by(desc(event.c.id)).limit(1)).scalar_one_or_none()


def count_open(tx: Connection, person_id: int) -> int:
    """How many unfinished applications a person has."""
    mine = (application.c.person_id == person_id) & application.c.status.in_(OPEN)
    return int(tx.execute(select(func.count()).select_from(application).where(mine)).scalar_one())


def add(tx: Connection, new: Application) -> None:
    """Store a new application with its first revision."""
    row = {name: getattr(new, name) for name in _ROW}
    tx.execute(insert(application).values(row | _found_by(tx, new)))
    _add_revision(tx, new.id, new.revision, new, new.created_at)


def advance(
    tx: Connection, known: Application, deed: Deed, now: datetime, *, reason: str | None = None
) -> Status:
    """Move an application and write down who did it: the only writer of ``status``.

    Raises WrongMove, also when another request has moved it since ``known`` was read, and SameOperator.
    """
    after = move(known.kind, known.status, deed.action, deed.actor)
    if deed.action is Action.COUNTERSIGN and endorser(tx, known) == deed.actor_id:
        raise SameOperator("the operator who endorsed it cannot countersign it")
    _move_row(tx, known, {"status": after, "updated_at": now, "reason": reason})
    _write_down(tx, known.id, known.revision, deed, after, now)
    moved = replace(known, status=after, updated_at=now, reason=reason)
    follow(tx, moved, now, consented=deed.action is Action.CONSENT)
    return after


def hold(tx: Connection, known: Application, now: datetime) -> None:
    """Keep everybody else from moving it until the transaction ends, and note that somebody worked on it.

    Raises WrongMove when another request has moved it since ``known`` was read.
    """
    _move_row(tx, known, {"updated_at": now})


def revise(tx: Connection, known: Application, said: Particulars, deed: Deed, now: datetime) -> Application:
    """Begin the next revision, which says ``said``; the earlier ones stay as they are.

    Raises WrongMove, also when another request was first.
    """
    after = move(known.kind, known.status, deed.action, deed.actor)
    following = known.revision + 1
    changed = _found_by(tx, said) | {"revision": following, "reason": None}
    _move_row(tx, known, {"status": after, "updated_at": now} | changed)
    _add_revision(tx, known.id, following, said, now)
    _write_down(tx, known.id, following, deed, after, now)
    return find(tx, known.id)


def reopen(tx: Connection, returned: Application) -> Application:
    """The next revision, which says the same from the same day on: what was judged stays as it was judged,
    whatever the applicant adds. Raises WrongMove when another request was first.
    """
    following = returned.revision + 1
    said_at = versions(tx, returned.id)[-1].created_at
    _move_row(tx, returned, {"revision": following})
    _add_revision(tx, returned.id, following, returned, said_at)
    return find(tx, returned.id)


def versions(tx: Connection, application_id: str) -> list[Version]:
    """What an application said in each revision, in order."""
    columns = [revision.c[one.name] for one in fields(Version)]
    asked = select(*columns).where(revision.c.application_id == application_id).order_by(revision.c.revision)
    return [Version(**_said(row)) for row in tx.execute(asked).mappings()]


def events(tx: Connection, application_id: str) -> list[Event]:
    """What happened to an application, in order."""
    columns = [event.c[name] for name in Event.__slots__]
    asked = select(*columns).where(event.c.application_id == application_id).order_by(event.c.id)
    return [Event(*row) for row in tx.execute(asked)]


def _move_row(tx: Connection, known: Application, values: Mapping[str, Any]) -> None:
    unmoved = and_(
        application.c.id == known.id,
        application.c.status == known.status,
        application.c.revision == known.revision,
    )
    if tx.execute(update(application).where(unmoved).values(**values)).rowcount != 1:
        raise WrongMove("another request was first", status=find(tx, known.id).status)


def _write_down(
    tx: Connection, application_id: str, of_revision: int, deed: Deed, after: Status, now: datetime
) -> None:
    row = {"application_id": application_id, "revision": of_revision, "at": now, "status": after}
    done = {"actor": deed.actor, "actor_id": deed.actor_id, "action": deed.action, "note": deed.note}
    tx.execute(insert(event).values(row | done))


def _found_by(tx: Connection, said: Particulars) -> dict[str, Any]:
    """What operators find it by."""
    authority = find_product(tx, said.product, said.product_version).authority
    names = ("product", "enterprise_name", "credit_code")
    return {name: getattr(said, name) for name in names} | {"authority": authority}


def _add_revision(tx: Connection, application_id: str, number: int, said: Particulars, now: datetime) -> None:
    row = {name: getattr(said, name) for name in _SAID} | {"permissions": list(said.permissions)}
    about = {"application_id": application_id, "revision": number, "created_at": now}
    tx.execute(insert(revision).values(row | about))


def _deeds(known: Application, action: Action) -> tuple[ColumnElement[bool], ...]:
    mine = event.c.application_id == known.id, event.c.revision == known.revision
    return *mine, event.c.action == action


def _one(tx: Connection, condition: ColumnElement[bool]) -> Application:
    found = _all(tx, _CURRENT.where(condition))
    if not found:
        raise NotFound("no such application")
    return found[0]


def _all(tx: Connection, asked: Select[Any]) -> list[Application]:
    return [_read(row) for row in tx.execute(asked)]


def _read(row: Row[Any]) -> Application:
    told = _said(row._mapping)
    typed = {"kind": ApplicationKind(told["kind"]), "status": Status(told["status"])}
    return Application(**told | typed)


def _said(row: RowMapping) -> dict[str, Any]:
    return dict(row) | {"permissions": tuple(row["permissions"] or ())}
