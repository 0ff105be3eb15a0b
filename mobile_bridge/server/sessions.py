"""Sessions in the database: the one writer of their status.

Every change is an UPDATE on condition that the session still stands where its reader saw it, with an event
row in the same transaction. Each writing transaction begins with its UPDATE, so that on SQLite it waits
for other writers instead of failing on an old snapshot.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, Row, insert, select, update

from mobile_bridge.server import rules, tables
from mobile_bridge.server.rules import CODE_TRIES, OPEN, Action, Actor, SessionKind, Status

Clock = Callable[[], datetime]
"""Gives the time, aware."""


@dataclass(frozen=True, slots=True)
class Session:
    """A session as it was read. ``tries``: codes tried; ``openings``: browsers that opened the address."""

    id: str
    kind: SessionKind
    subject: str
    owner: str
    status: Status
    failure: str | None
    reason: str | None
    code_digest: str
    tries: int
    openings: int
    created_at: datetime
    expires_at: datetime
    answered_at: datetime | None
    result: str | None


@dataclass(frozen=True, slots=True)
class Material:
    """What a session is about: the certificate offered, the document prepared for it, the CMS answered."""

    certificate: bytes | None
    document: bytes | None
    answer: bytes | None


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


_TABLE: Final = tables.session
_COLUMNS: Final = [_TABLE.c[name] for name in Session.__slots__]


class Sessions:
    """Reads and moves sessions. Safe for many threads and processes."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def create(
        self,
        kind: SessionKind,
        subject: str,
        owner: str,
        *,
        address_digest: str,
        code_digest: str,
        expires_at: datetime,
    ) -> str:
        """A new session's id. Open ones of the same kind and subject are cancelled: the newest counts."""
        session_id, now = secrets.token_hex(16), self._clock()
        row = {
            "id": session_id,
            "kind": kind,
            "subject": subject,
            "owner": owner,
            "status": Status.CREATED,
            "address_digest": address_digest,
            "code_digest": code_digest,
            "created_at": now,
            "expires_at": expires_at,
            "events": 1,
        }
        with self._engine.begin() as connection:
            self._supersede(connection, kind, subject, now)
            connection.execute(insert(_TABLE).values(row))
            created = Event(1, now, Actor.REQUESTER, "create", None, Status.CREATED, None)
            _record(connection, session_id, created)
        return session_id

    def find(self, session_id: str) -> Session | None:
        """The session with this id, as it stands now."""
        return self._one(_TABLE.c.id == session_id)

    def at_address(self, address_digest: str) -> Session | None:
        """The session with this address."""
        return self._one(_TABLE.c.address_digest == address_digest)

    def held_by(self, task_token_digest: str) -> Session | None:
        """The session that was claimed with this token."""
        return self._one(_TABLE.c.task_token_digest == task_token_digest)

    def latest(self, kind: SessionKind, subject: str, owner: str) -> Session | None:
        """The newest session that an owner made for a subject."""
        same = (_TABLE.c.subject == subject) & (_TABLE.c.kind == kind) & (_TABLE.c.owner == owner)
        return self._one(same)

    def confirmed(self) -> list[Session]:
        """Sessions whose answer waits for our work, oldest first."""
        asked = select(*_COLUMNS).where(_TABLE.c.status == Status.CONFIRMED).order_by(_TABLE.c.answered_at)
        with self._engine.connect() as connection:
            return [_session(row) for row in connection.execute(asked)]

    def material(self, session: Session) -> Material:
        """The bytes of a session."""
        columns = (_TABLE.c.certificate, _TABLE.c.document, _TABLE.c.answer)
        with self._engine.connect() as connection:
            row = connection.execute(select(*columns).where(_TABLE.c.id == session.id)).one()
        return Material(*row)

    def events(self, session: Session) -> list[Event]:
        """What happened, in order."""
        columns = [tables.event.c[name] for name in Event.__slots__]
        mine = tables.event.c.session_id == session.id
        asked = select(*columns).where(mine).order_by(tables.event.c.number)
        with self._engine.connect() as connection:
            return [_event(row) for row in connection.execute(asked)]

    def move(
        self, session: Session, action: Action, actor: Actor, code: str | None = None, **values: Any
    ) -> bool:
        """Move a session and write ``values`` with it; False when it was moved by another meanwhile.

        Raises WrongMove when the table has no such move.
        """
        after = rules.move(session.status, action, actor)
        return self._change(session, actor, action, after, code, values | {"status": after})

    def note(self, session: Session, action: str, actor: Actor, code: str | None = None) -> None:
        """Write an event of a session that stays where it is."""
        self._change(session, actor, action, session.status, code, {})

    def keep_offer(self, session: Session, certificate: bytes, document: bytes) -> bool:
        """Write what was prepared for a certificate; False when the session was moved meanwhile."""
        values = {"certificate": certificate, "document": document}
        return self._change(session, Actor.HOLDER, "offer", session.status, None, values)

    def count_opening(self, session: Session) -> None:
        """Count a browser that opened the address."""
        values = {"openings": _TABLE.c.openings + 1}
        self._change(session, Actor.HOLDER, "open", session.status, None, values)

    def spend_try(self, session: Session) -> int | None:
        """Spend one try of the code; the tries left after it, or None when none was left or it is claimed."""
        unclaimed = (_TABLE.c.id == session.id) & (_TABLE.c.status == Status.CREATED)
        spent = {"tries": _TABLE.c.tries + 1, "events": _TABLE.c.events + 1}
        spend = update(_TABLE).where(unclaimed, _TABLE.c.tries < CODE_TRIES).values(spent)
        now, here = self._clock(), Status.CREATED
        with self._engine.begin() as connection:
            row = connection.execute(spend.returning(_TABLE.c.tries, _TABLE.c.events)).one_or_none()
            if row is None:
                return None
            _record(connection, session.id, Event(row.events, now, Actor.HOLDER, "try", here, here, None))
        return CODE_TRIES - int(row.tries)

    def _change(
        self,
        session: Session,
        actor: Actor,
        action: str,
        after: Status,
        code: str | None,
        values: dict[str, Any],
    ) -> bool:
        unmoved = (_TABLE.c.id == session.id) & (_TABLE.c.status == session.status)
        change = update(_TABLE).where(unmoved).values(values | {"events": _TABLE.c.events + 1})
        with self._engine.begin() as connection:
            number = connection.execute(change.returning(_TABLE.c.events)).scalar_one_or_none()
            if number is None:
                return False
            event = Event(number, self._clock(), actor, action, session.status, after, code)
            _record(connection, session.id, event)
        return True

    def _supersede(self, connection: Connection, kind: SessionKind, subject: str, now: datetime) -> None:
        for before in OPEN:
            after = rules.move(before, Action.CANCEL, Actor.REQUESTER)
            same = (_TABLE.c.subject == subject) & (_TABLE.c.kind == kind) & (_TABLE.c.status == before)
            change = update(_TABLE).where(same).values(status=after, events=_TABLE.c.events + 1)
            for row in connection.execute(change.returning(_TABLE.c.id, _TABLE.c.events)).all():
                event = Event(row.events, now, Actor.REQUESTER, Action.CANCEL, before, after, "superseded")
                _record(connection, row.id, event)

    def _one(self, condition: ColumnElement[bool]) -> Session | None:
        newest = select(*_COLUMNS).where(condition).order_by(_TABLE.c.created_at.desc(), _TABLE.c.id).limit(1)
        with self._engine.connect() as connection:
            row = connection.execute(newest).one_or_none()
        if row is None:
            return None
        found = _session(row)
        if found.status in OPEN and found.expires_at <= self._clock():
            self.move(found, Action.EXPIRE, Actor.SERVICE)
            return self._one(condition)  # expired now, unless another moved it first
        return found


def _session(row: Row[Any]) -> Session:
    values = row._asdict()
    typed = {"kind": SessionKind(values["kind"]), "status": Status(values["status"])}
    return Session(**values | typed)


def _event(row: Row[Any]) -> Event:
    values = row._asdict()
    before = None if values["before"] is None else Status(values["before"])
    typed = {"actor": Actor(values["actor"]), "before": before, "after": Status(values["after"])}
    return Event(**values | typed)


def _record(connection: Connection, session_id: str, event: Event) -> None:
    row = {name: getattr(event, name) for name in Event.__slots__}
    connection.execute(insert(tables.event).values(row | {"session_id": session_id}))
