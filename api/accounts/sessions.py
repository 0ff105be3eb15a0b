"""Opaque session tokens: the holder has the token, the database only its SHA-256."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from api.accounts.errors import NotSignedIn
from api.accounts.rules import Role
from api.accounts.tables import operator, operator_role, person, session


@dataclass(frozen=True, slots=True)
class Person:
    """A signed-in person."""

    id: int
    phone: str


@dataclass(frozen=True, slots=True)
class Operator:
    """A signed-in operator of the registration authority."""

    id: int
    name: str
    roles: frozenset[Role] = frozenset()


@dataclass(frozen=True, slots=True, repr=False)
class SessionToken:
    """A new session. ``token``: 256 bits in base64url, shown to its holder once."""

    token: str
    expires_at: datetime


def open_session(
    tx: Connection,
    now: datetime,
    lifetime: timedelta,
    *,
    person_id: int | None = None,
    operator_id: int | None = None,
) -> SessionToken:
    """Begin a session of a person or of an operator; expired ones are cleared away."""
    tx.execute(delete(session).where(session.c.expires_at <= now))
    made = SessionToken(secrets.token_urlsafe(32), now + lifetime)
    row = {"token_digest": _digest(made.token), "person_id": person_id, "operator_id": operator_id}
    tx.execute(insert(session).values(row | {"created_at": now, "expires_at": made.expires_at}))
    return made


def close_session(tx: Connection, token: str) -> None:
    """End a session; a token that is none changes nothing."""
    tx.execute(delete(session).where(session.c.token_digest == _digest(token)))


def person_of(tx: Connection, token: str, now: datetime) -> Person:
    """Whose session this is. Raises NotSignedIn, also for an operator's token."""
    asked = select(person.c.id, person.c.phone).join(session, session.c.person_id == person.c.id)
    found = tx.execute(asked.where(*_in_force(token, now))).one_or_none()
    if found is None:
        raise NotSignedIn("no session of a person with this token")
    return Person(found.id, found.phone)


def operator_of(tx: Connection, token: str, now: datetime) -> Operator:
    """Which operator's session this is. Raises NotSignedIn, also for a person's token."""
    asked = select(operator.c.id, operator.c.name).join(session, session.c.operator_id == operator.c.id)
    found = tx.execute(asked.where(*_in_force(token, now))).one_or_none()
    if found is None:
        raise NotSignedIn("no session of an operator with this token")
    held = select(operator_role.c.role).where(operator_role.c.operator_id == found.id)
    return Operator(found.id, found.name, frozenset(Role(one) for one in tx.execute(held).scalars()))


def _in_force(token: str, now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return session.c.token_digest == _digest(token), session.c.expires_at > now


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
