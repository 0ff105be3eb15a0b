"""Rows of memberships, and the one way in which a membership ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from api.accounts.tables import person
from api.enterprises.errors import NoLongerMember
from api.enterprises.rules import Ending, Role
from api.enterprises.tables import membership
from api.errors import NotFound
from api.jobs.queue import enqueue

REVOKE_JOB: Final = "memberships.revoke"
"""The job that revokes what a person holds for an enterprise; payload: ``membership``, its id."""


@dataclass(frozen=True, slots=True)
class Member:
    """One membership, with the person's phone."""

    id: int
    credit_code: str
    person_id: int
    person_name: str | None
    phone: str
    role: Role
    permissions: tuple[str, ...]
    department: str | None
    since: datetime
    until: datetime | None
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class End:
    """How, when and by whom a membership ends. ``by``: a person, None for the registration authority."""

    how: Ending
    at: datetime
    by: int | None = None
    reason: str | None = None


_MEMBERS: Final = select(membership, person.c.phone).join(person, person.c.id == membership.c.person_id)
_FIELDS: Final = (
    *("id", "credit_code", "person_id", "person_name", "phone"),
    *("department", "since", "until", "granted_at"),
)
_KEEPS_CERTIFICATES: Final = frozenset({Ending.PROMOTED})


def begin(
    tx: Connection,
    credit_code: str,
    person_id: int,
    role: Role,
    now: datetime,
    *,
    name: str | None = None,
    permissions: Sequence[str] = (),
    department: str | None = None,
    granted_at: datetime | None = None,
) -> None:
    """A new membership, its permissions decided on at ``granted_at``, or now.

    The database refuses a second administrator and a second membership of a person.
    """
    row = {"credit_code": credit_code, "person_id": person_id, "person_name": name, "role": role}
    row |= {
        "permissions": list(permissions),
        "department": department,
        "since": now,
        "granted_at": granted_at or now,
    }
    tx.execute(insert(membership).values(row))


def end(tx: Connection, known: Member, how: End) -> None:
    """End a membership: power is gone with this transaction, and the certificates follow.

    The revocation is a job of the same transaction, so it follows whatever happens to this process. Raises
    NoLongerMember when it has ended before.
    """
    still = (membership.c.id == known.id) & membership.c.until.is_(None)
    values = {"until": how.at, "ended_by": how.by, "ended_how": how.how, "ended_reason": how.reason}
    if tx.execute(update(membership).where(still).values(values)).rowcount != 1:
        raise NoLongerMember("the membership has ended")
    if how.how not in _KEEPS_CERTIFICATES:
        payload = {"membership": known.id}
        enqueue(tx, REVOKE_JOB, payload, run_at=how.at, key=f"{REVOKE_JOB}:{known.id}")


def in_force(tx: Connection, person_id: int, credit_code: str) -> Member | None:
    """The person's membership of the enterprise now."""
    mine = (membership.c.person_id == person_id) & (membership.c.credit_code == credit_code)
    return _one(tx, mine & membership.c.until.is_(None))


def of_enterprise(tx: Connection, credit_code: str, membership_id: int) -> Member:
    """A membership in force. Raises NotFound, for another enterprise's too."""
    found = _one(tx, (membership.c.id == membership_id) & (membership.c.credit_code == credit_code))
    if found is None or found.until is not None:
        raise NotFound("no such member")
    return found


def find(tx: Connection, membership_id: int) -> Member | None:
    """A membership, in force or not."""
    return _one(tx, membership.c.id == membership_id)


def read(row: Row[Any]) -> Member:
    """A row of ``selection``."""
    values = row._mapping
    told = {name: values[name] for name in _FIELDS}
    return Member(**told, role=Role(values["role"]), permissions=tuple(values["permissions"]))


selection: Final = _MEMBERS
"""All memberships, for lists."""


def _one(tx: Connection, condition: ColumnElement[bool]) -> Member | None:
    row = tx.execute(_MEMBERS.where(condition)).one_or_none()
    return None if row is None else read(row)
