"""Sessions: opaque tokens, of which the database has only the SHA-256.

A person's session is a short access token and a refresh token that is changed at each use. A refresh token
that comes a second time was copied by somebody, so the whole session ends (RFC 9700, section 4.14.2). An
operator's has one token, a fixed end, and ends earlier when nothing is done with it.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, desc, insert, select, update

from api.accounts.errors import NotSignedIn, RefreshRefused
from api.accounts.rules import (
    ACCESS,
    OPERATOR_SESSION,
    PERSON_SESSION,
    SEEN_EVERY,
    SESSIONS_EACH,
    Role,
    Scope,
)
from api.accounts.tables import operator, operator_role, person, session, spent_refresh


@dataclass(frozen=True, slots=True)
class Person:
    """A signed-in person. ``session_id``: which of the person's devices asks."""

    id: int
    phone: str
    session_id: str = ""


@dataclass(frozen=True, slots=True)
class Operator:
    """A signed-in operator of the registration authority."""

    id: int
    name: str
    roles: frozenset[Role] = frozenset()
    session_id: str = ""
    has_second_factor: bool = False


@dataclass(frozen=True, slots=True)
class Device:
    """What somebody signs in with, as it says itself; ``address``: where from, as the server sees it."""

    name: str = ""
    platform: str = ""
    app_version: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class SessionToken:
    """New tokens, 256 bits each in base64url, shown to their holder once.

    ``expires_at``: of ``token``. ``refresh_token``: good for new ones until ``refresh_expires_at``.
    """

    token: str
    expires_at: datetime
    refresh_token: str | None = None
    refresh_expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One device that is signed in."""

    id: str
    device: str
    platform: str
    app_version: str
    address: str
    created_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Renewal:
    """What came of a refresh token. ``reused_by``: the masked-to-be number of the session that it ended."""

    tokens: SessionToken | None
    reused_by: str | None = None


def open_session(
    tx: Connection,
    now: datetime,
    person_id: int,
    device: Device,
    scope: Scope = Scope.APP,
    *,
    renewable: bool = True,
) -> SessionToken:
    """Begin a person's session; beyond ``SESSIONS_EACH`` of a scope the one seen least lately ends.

    ``renewable``: with a refresh token; without, the session ends with its access token.
    """
    made = _new_tokens(now) if renewable else SessionToken(secrets.token_urlsafe(32), now + ACCESS)
    tx.execute(insert(session).values(_row(made, now, device) | {"person_id": person_id, "scope": scope}))
    mine = (session.c.person_id == person_id, session.c.scope == scope)
    order = desc(session.c.last_seen_at), desc(session.c.created_at)
    kept = list(tx.execute(select(session.c.id).where(*mine).order_by(*order).limit(SESSIONS_EACH)).scalars())
    if len(kept) == SESSIONS_EACH:
        tx.execute(delete(session).where(*mine, session.c.id.not_in(kept)))
    return made


def open_operator_session(
    tx: Connection, now: datetime, operator_id: int, device: Device, *, second_factor: bool
) -> SessionToken:
    """Begin an operator's session. ``second_factor``: a passkey was shown."""
    made = SessionToken(secrets.token_urlsafe(32), now + OPERATOR_SESSION)
    more = {"operator_id": operator_id, "second_factor": second_factor}
    tx.execute(insert(session).values(_row(made, now, device) | more))
    return made


def renew(tx: Connection, refresh_token: str, now: datetime, scope: Scope = Scope.APP) -> Renewal:
    """New tokens for a refresh token, which is used up. Raises RefreshRefused for one that nobody knows,
    and for one of another scope.

    A token that was used before ends its session; that must be committed, so it is returned and not raised.
    """
    mine, made = digest(refresh_token), _new_tokens(now)
    values = {
        "token_digest": digest(made.token),
        "token_expires_at": made.expires_at,
        "refresh_digest": digest(made.refresh_token or ""),
        "expires_at": made.refresh_expires_at,
        "last_seen_at": now,
    }
    current = (
        session.c.refresh_digest == mine,
        session.c.expires_at > now,
        session.c.scope == scope,
    )
    renewed = tx.execute(update(session).where(*current).values(values).returning(session.c.id)).scalar()
    if renewed is not None:
        tx.execute(insert(spent_refresh).values(digest=mine, session_id=renewed))
        return Renewal(made)
    asked = (
        select(session.c.id, person.c.phone)
        .join(spent_refresh, spent_refresh.c.session_id == session.c.id)
        .join(person, person.c.id == session.c.person_id)
    )
    reused = tx.execute(asked.where(spent_refresh.c.digest == mine)).one_or_none()
    if reused is None:
        raise RefreshRefused("no session with this refresh token")
    end(tx, session.c.id == reused.id)
    return Renewal(None, reused.phone)


def close_session(tx: Connection, token: str) -> None:
    """End the session of an access token; a token that is none changes nothing."""
    end(tx, session.c.token_digest == digest(token))


def revoke(tx: Connection, token: str, person_id: int, scope: Scope, now: datetime) -> bool:
    """Void a token of a person, as RFC 7009 has it; False when it is none of the person's in this scope.

    A refresh token takes its session with it. An access token leaves the refresh token as it is.
    """
    mine = (session.c.person_id == person_id, session.c.scope == scope)
    if end(tx, session.c.refresh_digest == digest(token), *mine):
        return True
    access = (session.c.token_digest == digest(token), *mine)
    if end(tx, *access, session.c.refresh_digest.is_(None)):
        return True
    return tx.execute(update(session).where(*access).values(token_expires_at=now)).rowcount == 1


def end(tx: Connection, *which: ColumnElement[bool]) -> int:
    """End sessions, with the memory of their refresh tokens; how many."""
    # The sessions first, as a renewal takes them: two that wait for each other's rows would both fail.
    tx.execute(select(session.c.id).where(*which).order_by(session.c.id).with_for_update()).all()
    tx.execute(
        delete(spent_refresh).where(spent_refresh.c.session_id.in_(select(session.c.id).where(*which)))
    )
    return tx.execute(delete(session).where(*which)).rowcount


def end_others(tx: Connection, person_id: int, but: str = "") -> int:
    """End a person's sessions but one; how many."""
    return end(tx, session.c.person_id == person_id, session.c.id != but)


def sessions_of(tx: Connection, person_id: int, now: datetime) -> list[OpenSession]:
    """A person's devices, the one seen last first."""
    columns = [session.c[name] for name in OpenSession.__slots__]
    asked = select(*columns).where(session.c.person_id == person_id, session.c.expires_at > now)
    return [OpenSession(*row) for row in tx.execute(asked.order_by(desc(session.c.last_seen_at)))]


def person_of(tx: Connection, token: str, now: datetime, scope: Scope = Scope.APP) -> tuple[Person, bool]:
    """Whose session of this scope this is, and whether "last seen" is due. Raises NotSignedIn."""
    asked = select(person.c.id, person.c.phone, session.c.id.label("session_id"), session.c.last_seen_at)
    joined = asked.join(session, session.c.person_id == person.c.id)
    found = _found(tx, joined.where(session.c.scope == scope), token, now)
    return Person(found.id, found.phone, found.session_id), found.last_seen_at <= now - SEEN_EVERY


def operator_of(tx: Connection, token: str, now: datetime, idle: timedelta) -> tuple[Operator, bool]:
    """Which operator's session this is, and whether "last seen" is due. Raises NotSignedIn.

    ``idle``: how long a session lives while nothing is done.
    """
    columns = (session.c.id.label("session_id"), session.c.last_seen_at, session.c.second_factor)
    asked = select(operator.c.id, operator.c.name, *columns)
    joined = asked.join(session, session.c.operator_id == operator.c.id)
    found = _found(tx, joined.where(session.c.last_seen_at > now - idle), token, now)
    held = select(operator_role.c.role).where(operator_role.c.operator_id == found.id)
    roles = frozenset(Role(one) for one in tx.execute(held).scalars())
    who = Operator(found.id, found.name, roles, found.session_id, found.second_factor)
    return who, found.last_seen_at <= now - SEEN_EVERY


def seen(tx: Connection, session_id: str, now: datetime, address: str) -> None:
    """Note that a session was used. Of many requests at once the first writes."""
    mine = update(session).where(session.c.id == session_id, session.c.last_seen_at <= now - SEEN_EVERY)
    tx.execute(mine.values(last_seen_at=now, address=address))


def age(tx: Connection, session_id: str, now: datetime) -> timedelta:
    """How long ago a session began."""
    began = tx.execute(select(session.c.created_at).where(session.c.id == session_id)).scalar_one()
    return now - began  # type: ignore[no-any-return]


def forget_ended(tx: Connection, now: datetime) -> None:
    """Clear away what has expired."""
    old = select(session.c.id).where(session.c.expires_at <= now).limit(1000)
    ended = list(tx.execute(old.with_for_update(skip_locked=True)).scalars())
    end(tx, session.c.id.in_(ended))


def digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _found(tx: Connection, asked: Any, token: str, now: datetime) -> Row[Any]:
    in_force = (session.c.token_digest == digest(token), session.c.token_expires_at > now)
    found = tx.execute(asked.where(*in_force, session.c.expires_at > now)).one_or_none()
    if found is None:
        raise NotSignedIn("no session with this token")
    row: Row[Any] = found
    return row


def _new_tokens(now: datetime) -> SessionToken:
    access, refresh = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    return SessionToken(access, now + ACCESS, refresh, now + PERSON_SESSION)


def _row(made: SessionToken, now: datetime, device: Device) -> dict[str, Any]:
    return {
        "id": secrets.token_hex(12),
        "token_digest": digest(made.token),
        "token_expires_at": made.expires_at,
        "refresh_digest": None if made.refresh_token is None else digest(made.refresh_token),
        "device": device.name,
        "platform": device.platform,
        "app_version": device.app_version,
        "address": device.address[:45],
        "created_at": now,
        "last_seen_at": now,
        "expires_at": made.refresh_expires_at or made.expires_at,
    }
