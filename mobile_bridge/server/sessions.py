"""Sessions that are claimed at an address (发送到电脑), in the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Engine, Row, insert, select, update

from mobile_bridge.server import moving, tables
from mobile_bridge.server.moving import Clock, Event, Step
from mobile_bridge.server.rules import CODE_TRIES, OPEN, Action, Actor, SessionKind, Status

__all__ = ["Clock", "Event", "Material", "Session", "Sessions"]


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
    task_token_digest: str | None
    program: str | None
    confirmed_at: datetime | None
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


_TABLE: Final = tables.session
_ADDRESS: Final = tables.address
_SWEPT: Final = 500
_JOINED: Final = _TABLE.join(_ADDRESS)
_COLUMNS: Final = [(_TABLE if name in _TABLE.c else _ADDRESS).c[name] for name in Session.__slots__]


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
        now = self._clock()
        with self._engine.begin() as tx:
            moving.supersede(tx, kind, subject, now)
            session_id = moving.create(tx, kind, subject, owner, now, expires_at)
            row = {
                "session_id": session_id,
                "address_digest": address_digest,
                "code_digest": code_digest,
            }
            tx.execute(insert(_ADDRESS).values(row))
        return session_id

    def find(self, session_id: str) -> Session | None:
        """The session with this id, as it stands now."""
        return self._one(_TABLE.c.id == session_id)

    def at_address(self, address_digest: str) -> Session | None:
        """The session with this address."""
        return self._one(_ADDRESS.c.address_digest == address_digest)

    def held_by(self, task_token_digest: str) -> Session | None:
        """The session that was claimed with this token."""
        return self._one(_ADDRESS.c.task_token_digest == task_token_digest)

    def latest(self, kind: SessionKind, subject: str, owner: str) -> Session | None:
        """The newest session that an owner made for a subject."""
        same = (_TABLE.c.subject == subject) & (_TABLE.c.kind == kind) & (_TABLE.c.owner == owner)
        return self._one(same)

    def confirmed(self) -> list[Session]:
        """Sessions whose answer waits for our work, oldest first."""
        asked = select(*_COLUMNS).select_from(_JOINED).where(_TABLE.c.status == Status.CONFIRMED)
        with self._engine.connect() as connection:
            return [_session(row) for row in connection.execute(asked.order_by(_TABLE.c.answered_at))]

    def expire_overdue(self) -> int:
        """Expire what no device answered in time, so that it is on record though nobody looks; how many."""
        late = _TABLE.c.status.in_(sorted(OPEN)) & (_TABLE.c.expires_at <= self._clock())
        asked = select(*_COLUMNS).select_from(_JOINED).where(late).order_by(_TABLE.c.expires_at).limit(_SWEPT)
        with self._engine.connect() as connection:
            found = [_session(row) for row in connection.execute(asked)]
        return sum(self.move(one, Action.EXPIRE, Actor.SERVICE) for one in found)

    def material(self, session: Session) -> Material:
        """The bytes of a session."""
        columns = (_ADDRESS.c.certificate, _ADDRESS.c.document, _ADDRESS.c.answer)
        with self._engine.connect() as connection:
            asked = select(*columns).where(_ADDRESS.c.session_id == session.id)
            return Material(*connection.execute(asked).one())

    def events(self, session: Session) -> list[Event]:
        """What happened, in order."""
        return moving.events_of(self._engine, session.id)

    def move(
        self, session: Session, action: Action, actor: Actor, code: str | None = None, **values: Any
    ) -> bool:
        """Move a session and write ``values`` with it; False when it was moved by another meanwhile.

        Raises WrongMove when the table has no such move.
        """
        return self._take(session, Step.move(session.status, action, actor, code), values)

    def finish(self, session: Session, result: str) -> bool:
        """Take the holder's word for the end of a claimed session; False when it was moved meanwhile."""
        now = self._clock()
        confirm = Step.move(session.status, Action.CONFIRM, Actor.HOLDER)
        complete = Step.move(confirm.after, Action.COMPLETE, Actor.SERVICE)
        with self._engine.begin() as tx:
            if moving.take(tx, session.id, confirm, now, answered_at=now) is None:
                return False
            moving.take(tx, session.id, complete, now, result=result)
        return True

    def note(self, session: Session, action: str, actor: Actor, code: str | None = None) -> None:
        """Write an event of a session that stays where it is."""
        self._take(session, Step.note(session.status, action, actor, code), {})

    def keep_offer(self, session: Session, certificate: bytes, document: bytes) -> bool:
        """Write what was prepared for a certificate; False when the session was moved meanwhile."""
        values = {"certificate": certificate, "document": document}
        return self._take(session, Step.note(session.status, "offer", Actor.HOLDER), values)

    def confirm_pc(self, session: Session) -> bool:
        """Write that the phone said yes to the PC; False when that was written, or the session moved."""
        mine = _ADDRESS.c.session_id == session.id
        step = Step.note(Status.CLAIMED, "confirm-pc", Actor.REQUESTER)
        confirm = update(_ADDRESS).where(mine, _ADDRESS.c.confirmed_at.is_(None))
        with self._engine.connect() as tx, tx.begin() as transaction:
            moved = moving.take(tx, session.id, step, self._clock())
            confirmed = tx.execute(confirm.values(confirmed_at=self._clock())).rowcount
            if moved is None or not confirmed:
                transaction.rollback()
                return False
        return True

    def count_opening(self, session: Session) -> None:
        """Count a browser that opened the address."""
        values = {"openings": _ADDRESS.c.openings + 1}
        self._take(session, Step.note(session.status, "open", Actor.HOLDER), values)

    def spend_try(self, session: Session) -> int | None:
        """Spend one try of the code; the tries left after it, or None when none was left or it is claimed."""
        mine, step = _ADDRESS.c.session_id == session.id, Step.note(Status.CREATED, "try", Actor.HOLDER)
        spend = update(_ADDRESS).where(mine, _ADDRESS.c.tries < CODE_TRIES)
        spend = spend.values(tries=_ADDRESS.c.tries + 1)
        with self._engine.connect() as tx, tx.begin() as transaction:
            # The session's row first, as in every step: it is what parallel guesses wait for.
            moved = moving.take(tx, session.id, step, self._clock())
            tries = None if moved is None else tx.execute(spend.returning(_ADDRESS.c.tries)).scalar()
            if tries is None:
                transaction.rollback()
                return None
        return CODE_TRIES - int(tries)

    def _take(self, session: Session, step: Step, values: dict[str, Any]) -> bool:
        common = {name: value for name, value in values.items() if name in _TABLE.c}
        own = {name: value for name, value in values.items() if name not in common}
        with self._engine.begin() as tx:
            if moving.take(tx, session.id, step, self._clock(), **common) is None:
                return False
            if own:
                tx.execute(update(_ADDRESS).where(_ADDRESS.c.session_id == session.id).values(own))
        return True

    def _one(self, condition: ColumnElement[bool]) -> Session | None:
        newest = select(*_COLUMNS).select_from(_JOINED).where(condition)
        newest = newest.order_by(_TABLE.c.created_at.desc(), _TABLE.c.id).limit(1)
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
