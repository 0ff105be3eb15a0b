"""Rows of bindings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.errors import NotFound
from api.paging import PageRequest, Part, fetch
from api.scanning.bindings.rules import EndedBy, is_same
from api.scanning.errors import UserBound
from api.scanning.tables import binding


@dataclass(frozen=True, slots=True)
class Binding:
    """A platform's user, bound to a person who acts for an enterprise, or for nobody else (both null).

    ``serial``: of the certificate that it was approved with. ``ended_at``: null while it is in force.
    """

    id: str
    platform_id: str
    platform_user: str
    user_name: str | None
    person_id: int
    credit_code: str | None
    enterprise_name: str | None
    serial: str
    scan_id: str
    bound_at: datetime
    ended_at: datetime | None = None
    ended_by: EndedBy | None = None


_ALL: Final[Select[Any]] = select(*(binding.c[name] for name in Binding.__slots__))
_IN_FORCE: Final = binding.c.ended_at.is_(None)
_NEWEST: Final = (binding.c.bound_at, binding.c.id)


def in_force(tx: Connection, platform_id: str, person_id: int) -> list[Binding]:
    """The bindings of a person with a platform, newest first."""
    mine = _ALL.where(binding.c.platform_id == platform_id, binding.c.person_id == person_id, _IN_FORCE)
    return [_read(row) for row in tx.execute(mine.order_by(*(one.desc() for one in _NEWEST)))]


def require(tx: Connection, binding_id: str, *, hold: bool = False) -> Binding:
    """A binding in force. Raises NotFound. ``hold``: whoever would end it waits for this transaction."""
    asked = _ALL.where(binding.c.id == binding_id, _IN_FORCE)
    found = tx.execute(asked.with_for_update(read=True) if hold else asked).one_or_none()
    if found is None:
        raise NotFound("no such binding in force")
    return _read(found)


def add(tx: Connection, new: Binding) -> None:
    """A new binding, in the place of the one that the same user has with the same person and enterprise.

    Raises UserBound: the user is bound to somebody else.
    """
    users = (binding.c.platform_id == new.platform_id, binding.c.platform_user == new.platform_user)
    found = tx.execute(_ALL.where(*users, _IN_FORCE).with_for_update()).one_or_none()
    if found is not None:
        if not is_same(new.person_id, new.credit_code, found.person_id, found.credit_code):
            raise UserBound("the platform's user is bound to another person or enterprise")
        end(tx, EndedBy.RENEWED, new.bound_at, binding.c.id == found.id)
    try:
        tx.execute(insert(binding).values({name: getattr(new, name) for name in Binding.__slots__}))
    except IntegrityError:  # another approval for the same user was a moment faster
        raise UserBound("the platform's user was bound at this moment") from None


def end(tx: Connection, by: EndedBy, now: datetime, *which: ColumnElement[bool]) -> list[Binding]:
    """End bindings in force; those that this call ended."""
    ended = update(binding).where(*which, _IN_FORCE).values(ended_at=now, ended_by=by)
    return [_read(row) for row in tx.execute(ended.returning(*(binding.c[one] for one in Binding.__slots__)))]


def listed(tx: Connection, page: PageRequest, *which: ColumnElement[bool]) -> Part[Binding]:
    """Bindings, ended ones too, newest first."""
    return fetch(tx, _ALL.where(*which), page, _NEWEST).map(_read)


def _read(row: Row[Any]) -> Binding:
    values = row._asdict()
    return Binding(**values | {"ended_by": None if row.ended_by is None else EndedBy(row.ended_by)})
