"""Scans in the database: how they are read, and the one way in which each change is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, Select, bindparam, insert, or_, select, update

from mobile_bridge.server import moving, tables
from mobile_bridge.server.moving import Clock, Step
from mobile_bridge.server.refusals import why_closed
from mobile_bridge.server.rules import FINAL, OPEN, Action, Actor, SessionKind, Status, WrongMove
from mobile_bridge.server.scans.model import Scan, Standing

OnEnd = Callable[[Connection, Scan], None]
"""Called inside the transaction in which a scan reaches its end; must wait for nothing outside."""


@dataclass(frozen=True, slots=True)
class Stepped:
    """A step that was just written. ``read``: the scan as it is after it."""

    session_id: str
    kind: SessionKind
    step: Step
    read: Callable[[], Scan]


OnStep = Callable[[Connection, Stepped], None]
"""Called inside the transaction of every step of a scan, as ``OnEnd`` is."""


def nothing(_tx: Connection, _about: object) -> None:
    """What follows from a step, or from an end, where nothing does."""


S = TypeVar("S", bound=Standing)

SESSION: Final = tables.session
SCAN: Final = tables.scan
_JOINED: Final = SESSION.join(SCAN)
_NAMES: Final = {
    "platform": SESSION.c.owner,
    "digest": SCAN.c.request_digest,
    "note": SCAN.c.hint,
    "version": SESSION.c.events,
}
_SWEPT: Final = 500


def canonical(value: Mapping[str, Any]) -> str:
    """JSON with sorted keys and no spaces, so that equal values have equal digests."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class Scans:
    """Reads and moves scans. ``changed``: told the ids of what changed, after the commit."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        on_end: OnEnd,
        changed: Callable[[str], None],
        on_step: OnStep = nothing,
    ) -> None:
        self.engine = engine
        self.clock = clock
        self.on_end = on_end
        self.on_step = on_step
        self.changed = changed

    def create(
        self,
        kind: SessionKind,
        subject: str,
        platform: str,
        expires_at: datetime,
        request: Mapping[str, Any],
        *,
        origin: str,
        digest: str,
        wait_token_digest: str,
    ) -> str:
        """A new scan's id. Open ones of the same platform, kind and subject are cancelled, if it has one."""
        now, superseded = self.clock(), []
        with self.engine.begin() as tx:
            if subject:
                superseded = moving.supersede(tx, kind, subject, now, SESSION.c.owner == platform)
            session_id = moving.create(tx, kind, subject, platform, now, expires_at)
            row = {
                "session_id": session_id,
                "origin": origin,
                "wait_token_digest": wait_token_digest,
                "request": canonical(request),
                "request_digest": digest,
            }
            tx.execute(_NEW_SCAN, row)
            self._stepped(tx, session_id, kind, Step.note(Status.CREATED, "create", Actor.REQUESTER))
            for one in superseded:
                self.on_end(tx, self.of(tx, one))
        for one in superseded:
            self.changed(one)
        return session_id

    def find(self, session_id: str) -> Scan | None:
        """The scan with this id, as it stands now."""
        return self._current(Scan, session_id)

    def standing(self, session_id: str) -> Standing | None:
        """The same without its request and answer."""
        return self._current(Standing, session_id)

    def of(self, tx: Connection, session_id: str) -> Scan:
        """A scan that is there, as a transaction sees it."""
        found = _read(tx, Scan, session_id)
        assert found is not None  # noqa: S101 - ids come from the same transaction
        return found

    def versions(self, session_ids: Sequence[str]) -> dict[str, int]:
        """The versions of sessions."""
        asked = select(SESSION.c.id, SESSION.c.events).where(SESSION.c.id.in_(session_ids))
        with self.engine.connect() as connection:
            return {row.id: row.events for row in connection.execute(asked)}

    def overdue(self) -> list[str]:
        """Ids of scans that wait for no answer any more, oldest first; a part of them if there are many."""
        now = self.clock()
        waiting = SESSION.c.status.in_(sorted(OPEN)) & (SESSION.c.expires_at <= now)
        asked = select(SESSION.c.id).select_from(_JOINED).where(waiting, is_free(now))
        with self.engine.connect() as connection:
            return list(connection.execute(asked.order_by(SESSION.c.expires_at).limit(_SWEPT)).scalars())

    def lapsed(self) -> list[str]:
        """Ids of claimed scans whose approval lost its turn and gave nothing back; a part if many."""
        now = self.clock()
        late = (SESSION.c.status == Status.CLAIMED) & (SCAN.c.approval_until <= now)
        asked = select(SESSION.c.id).select_from(_JOINED).where(late, SESSION.c.expires_at > now)
        with self.engine.connect() as connection:
            return list(connection.execute(asked.limit(_SWEPT)).scalars())

    def renew(self, session_id: str, turn: str, until: datetime) -> None:
        """Let an approval that is under way keep its turn for longer."""
        mine = (SCAN.c.session_id == session_id) & (SCAN.c.approval == turn)
        with self.engine.begin() as tx:
            tx.execute(update(SCAN).where(mine).values(approval_until=until))

    def free(self, session_id: str) -> bool:
        """Take the turn from an approval that lost it; whether it was this call that did."""
        with self.engine.connect() as connection:
            scan = _read(connection, Standing, session_id)
        if scan is None or scan.status is not Status.CLAIMED or scan.approval_until is None:
            return False
        step = Step.note(Status.CLAIMED, "approve-lapsed", Actor.SERVICE)
        late = SCAN.c.approval_until <= self.clock()
        return self.take(scan, step, late, approval=None, approval_until=None, hint=None)

    def take(
        self,
        scan: Standing,
        step: Step,
        *where: ColumnElement[bool],
        common: Mapping[str, Any] | None = None,
        **values: Any,
    ) -> bool:
        """Take one step in a transaction of its own; False when the scan was moved meanwhile.

        ``where``: what else must hold of the row in bridge_scan, ``values``: what is written there;
        ``common``: what is written into bridge_session.
        """
        with self.engine.connect() as tx, tx.begin() as transaction:
            if not self.take_in(tx, scan, step, *where, common=common, **values):
                transaction.rollback()
                return False
        self.changed(scan.id)
        return True

    def take_in(
        self,
        tx: Connection,
        scan: Standing,
        step: Step,
        *where: ColumnElement[bool],
        common: Mapping[str, Any] | None = None,
        **values: Any,
    ) -> bool:
        """The same in the caller's transaction, which is to be rolled back where it is False."""
        # bridge_session first, in every step: its row is what everybody waits for.
        if moving.take(tx, scan.id, step, self.clock(), **(common or {})) is None:
            return False
        if values:
            change = _WRITING.where(*where) if where else _WRITING
            if tx.execute(change, {"which": scan.id} | values).rowcount == 0:
                return False
        self._stepped(tx, scan.id, scan.kind, step)
        if step.after in FINAL:
            self.on_end(tx, self.of(tx, scan.id))
        return True

    def end(
        self,
        find: Callable[[], Scan],
        action: Action,
        actor: Actor,
        code: str | None = None,
        **common: Any,
    ) -> None:
        """Move a scan, wherever others move it meanwhile, to its end. Raises why it is closed."""
        while True:
            scan = find()
            try:
                step = Step.move(scan.status, action, actor, code)
            except WrongMove as error:
                raise why_closed(scan) from error
            if self.take(scan, step, common=common):
                return

    def expire(self, session_id: str) -> bool:
        """End a scan that is overdue; whether it was this call that did."""
        with self.engine.connect() as connection:
            scan = _read(connection, Standing, session_id)
        if scan is None or not scan.is_overdue(self.clock()):
            return False
        return self.take(
            scan,
            Step.move(scan.status, Action.EXPIRE, Actor.SERVICE),
            is_free(self.clock()),
            approval=None,
            approval_until=None,
        )

    def _stepped(self, tx: Connection, session_id: str, kind: SessionKind, step: Step) -> None:
        self.on_step(tx, Stepped(session_id, kind, step, lambda: self.of(tx, session_id)))

    def _current(self, kind: type[S], session_id: str) -> S | None:
        for _ in range(2):
            with self.engine.connect() as connection:
                scan = _read(connection, kind, session_id)
            if scan is None or not scan.is_overdue(self.clock()):
                return scan
            self.expire(session_id)
        return scan


def is_free(now: datetime) -> ColumnElement[bool]:
    """The condition that no approval is under way."""
    return or_(SCAN.c.approval_until.is_(None), SCAN.c.approval_until <= now)


def _read(connection: Connection, kind: type[S], session_id: str) -> S | None:
    row = connection.execute(_READING[kind], {"asked": session_id}).one_or_none()
    return None if row is None else kind(**_typed(row._asdict()))


def _column(name: str) -> ColumnElement[Any]:
    if name in _NAMES:
        return _NAMES[name].label(name)
    return (SESSION if name in SESSION.c else SCAN).c[name]


def _reading(kind: type[Standing]) -> Select[Any]:
    columns = [_column(one.name) for one in fields(kind)]
    return select(*columns).select_from(_JOINED).where(SESSION.c.id == bindparam("asked"))


# Made once: building a statement costs SQLAlchemy more than SQLite takes to carry it out.
_READING: Final = {kind: _reading(kind) for kind in (Standing, Scan)}
_NEW_SCAN: Final = insert(SCAN)
_WRITING: Final = update(SCAN).where(SCAN.c.session_id == bindparam("which"))


def _typed(values: dict[str, Any]) -> dict[str, Any]:
    values |= {"kind": SessionKind(values["kind"]), "status": Status(values["status"])}
    for name in ("request", "answer"):
        if values.get(name) is not None:
            values[name] = json.loads(values[name])
    return values
