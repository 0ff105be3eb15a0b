"""Taking a holder's answer so that a crash loses nothing.

The answer is stored first (CONFIRMED); then the application side accepts it; then COMPLETE is written. A
crash between leaves a confirmed session: the same answer sent again finishes it, and so does whoever looks
at it later.
"""

from __future__ import annotations

import contextlib
import hmac
from typing import Final

from hsm.errors import Kind, SealBridgeError
from mobile_bridge.errors import SessionAnswered, SessionNotReady
from mobile_bridge.server.refusals import require_confirmed, why_closed
from mobile_bridge.server.rules import SETTLE_AFTER, Action, Actor, Status
from mobile_bridge.server.sessions import Clock, Session, Sessions
from mobile_bridge.server.tasks import ApprovalTasks

_PASSING: Final = frozenset({Kind.BUSY, Kind.UNAVAILABLE, Kind.TOO_MANY, Kind.INTERNAL})
"""Refusals of the application side after which the same answer may be accepted later."""


class Answers:
    """The way from CLAIMED over CONFIRMED to COMPLETE or FAILED."""

    def __init__(self, sessions: Sessions, clock: Clock, tasks: ApprovalTasks) -> None:
        self._sessions = sessions
        self._clock = clock
        self._tasks = tasks

    def take(self, session: Session, cms: bytes) -> str:
        """Store an answer and finish the session; returns its result. The same answer may come again."""
        if session.status is Status.CLAIMED:
            require_confirmed(session)
            session = self._confirm(session, cms)
        if session.status not in (Status.CONFIRMED, Status.COMPLETE):
            raise why_closed(session)
        if not hmac.compare_digest(self._sessions.material(session).answer or b"", cms):
            raise SessionAnswered("another answer is on record")
        return self._finish(session)

    def resume(self, session: Session) -> Session:
        """The session, with an answer finished that was interrupted long enough ago."""
        if session.status is not Status.CONFIRMED or session.answered_at is None:
            return session
        if self._clock() - session.answered_at < SETTLE_AFTER:
            return session
        # Recorded if final. Anything else, a full disk too, is tried again at the next look: it must hide
        # neither this state nor, at a start, the other sessions.
        with contextlib.suppress(Exception):
            self._finish(session)
        return self._sessions.find(session.id) or session

    def settle(self) -> int:
        """Finish every interrupted answer; returns how many are done now."""
        return sum(self.resume(each).status is not Status.CONFIRMED for each in self._sessions.confirmed())

    def _confirm(self, session: Session, cms: bytes) -> Session:
        if self._sessions.material(session).document is None:
            raise SessionNotReady("no certificate was offered")
        self._sessions.move(session, Action.CONFIRM, Actor.HOLDER, answer=cms, answered_at=self._clock())
        # Whoever won a race between two answers, or against a cancellation, is on record.
        return self._sessions.find(session.id) or session

    def _finish(self, session: Session) -> str:
        if session.result is not None:
            return session.result
        material = self._sessions.material(session)
        if material.document is None or material.answer is None or session.answered_at is None:
            raise SessionNotReady("nothing was answered")
        try:
            result = self._tasks.accept(
                session.subject, material.document, material.answer, session.answered_at
            )
        except SealBridgeError as error:
            if error.kind not in _PASSING:
                self._sessions.move(session, Action.FAIL, Actor.SERVICE, error.code, failure=error.code)
            raise
        self._sessions.move(session, Action.COMPLETE, Actor.SERVICE, result=result)
        return result
