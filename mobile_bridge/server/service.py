"""发送到电脑: a phone sends a document to a PC, where a company's lock signs it.

    service = BridgeService(engine, clock, tasks, "https://ca.example")
    sent = service.create(SessionKind.LOCK_SIGNATURE, subject, owner)    # the phone shows address and code
    token = service.claim(sent.address, code)                # one device, once
    service.confirm_pc(sent.id, owner, number)               # the phone's yes to that device
    service.offer_certificate(token, certificate_der)        # prepares the document for this certificate
    service.answer(token, cms)                               # verified against our own bytes, once
    service.status(sent.id, owner).status                    # the phone goes on when it is COMPLETE

A verb opens its own transactions: call it with none of the caller's open for writing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from hsm.errors import SealBridgeError
from mobile_bridge.errors import (
    PcDiffers,
    SessionNotFound,
    SessionNotReady,
    TaskIsEnrolment,
    TaskTokenRefused,
)
from mobile_bridge.server import credentials
from mobile_bridge.server.answering import Answers
from mobile_bridge.server.claiming import Claims
from mobile_bridge.server.pcs import ClaimedPc, number_of, program_of
from mobile_bridge.server.refusals import require_confirmed, why_closed
from mobile_bridge.server.rules import ADDRESS_LIFETIME, Action, Actor, SessionKind, Status, WrongMove
from mobile_bridge.server.sessions import Clock, Event, Session, Sessions
from mobile_bridge.server.tasks import ApprovalTasks, TaskFacts
from mobile_bridge.wire import PAGE_PREFIX


@dataclass(frozen=True, slots=True)
class CreatedSession:
    """A new session. ``address`` (a URL ending in XXXXX-XXXXX) and ``code`` are told once, kept nowhere."""

    id: str
    address: str
    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SessionState:
    """What the phone may know. ``failure``: why it FAILED; ``reason``: what the holder said to a refusal.

    ``tries``: codes tried; ``openings``: how many browsers opened the address; ``pc``: the one that claimed;
    ``expires_at``: of the present step; ``result``: SHA-256 of the signed document.
    """

    id: str
    kind: SessionKind
    subject: str
    status: Status
    failure: str | None
    reason: str | None
    tries: int
    openings: int
    pc: ClaimedPc | None
    created_at: datetime
    expires_at: datetime
    result: str | None


class BridgeService:
    """The verbs of the bridge. Each raises BridgeErrors, and passes on what the application side raises."""

    def __init__(self, engine: Engine, clock: Clock, tasks: ApprovalTasks, base_url: str) -> None:
        self.base_url = base_url.rstrip("/")
        """This server as phones, browsers and agents reach it."""
        self._sessions = Sessions(engine, clock)
        self._claims = Claims(self._sessions, clock)
        self._answers = Answers(self._sessions, clock, tasks)
        self._clock = clock
        self._tasks = tasks

    # The phone. ``owner`` is whoever the application side lets ask: another's session is not found.

    def create(self, kind: SessionKind, subject: str, owner: str) -> CreatedSession:
        """A session for a subject; an unanswered earlier one is cancelled."""
        address, code = credentials.new_address(), credentials.new_code()
        expires_at = self._clock() + ADDRESS_LIFETIME
        session_id = self._sessions.create(
            kind,
            subject,
            owner,
            address_digest=credentials.digest(address),
            code_digest=credentials.code_digest(address, code),
            expires_at=expires_at,
        )
        url = f"{self.base_url}{PAGE_PREFIX}/{credentials.shown(address)}"
        return CreatedSession(session_id, url, code, expires_at)

    def status(self, session_id: str, owner: str) -> SessionState:
        """Where a session stands. Raises SessionNotFound."""
        return _state(self._answers.resume(self._owned(session_id, owner)))

    def latest(self, kind: SessionKind, subject: str, owner: str) -> SessionState | None:
        """Where the newest session of a subject stands."""
        session = self._sessions.latest(kind, subject, owner)
        return None if session is None else _state(self._answers.resume(session))

    def cancel(self, session_id: str, owner: str) -> None:
        """Take back an unanswered session. Raises SessionNotFound, or why it is closed."""
        self._move(self._owned(session_id, owner), Action.CANCEL, Actor.REQUESTER)

    def confirm_pc(self, session_id: str, owner: str, number: str) -> None:
        """Say yes to the PC that claimed, by the number that it shows. May be said again.

        Raises SessionNotFound, SessionNotReady before the claim, PcDiffers, or why the session is closed.
        """
        session = self._owned(session_id, owner)
        if session.status is not Status.CLAIMED or session.task_token_digest is None:
            raise why_closed(session)
        if number != number_of(session.task_token_digest):
            raise PcDiffers("the PC that claimed shows another number")
        if session.confirmed_at is None and not self._sessions.confirm_pc(session):
            session = self._by_id(session.id)
            if session.confirmed_at is None:
                raise why_closed(session)

    # The operator.

    def events(self, session_id: str) -> list[Event]:
        """The evidence: every event in order. Raises SessionNotFound."""
        return self._sessions.events(self._by_id(session_id))

    def settle(self) -> int:
        """Finish what a crash interrupted, at the start of a server. Returns how many sessions are done."""
        return self._answers.settle()

    def expire_overdue(self) -> int:
        """End sessions that nobody answered in time; returns how many. Whoever looks at one does so too."""
        return self._sessions.expire_overdue()

    # The PC, before the claim.

    def opened(self, address: str) -> None:
        """Count a browser that opened an address; nothing tells whether there is a session."""
        self._claims.opened(address)

    def claim(self, address: str, code: str, program: str = "") -> str:
        """Bind the session to the caller; returns the task token. ``program``: its User-Agent header.

        Raises CodeWrong, CodeTriesSpent; AddressRefused alike for wrong, ended and expired addresses;
        SessionClaimed to one who knows the code and comes second.
        """
        return self._claims.claim(address, code, program_of(program))

    # The PC, with its task token. Each raises TaskTokenRefused, or why the session is closed.

    def facts(self, token: str) -> tuple[TaskFacts, datetime]:
        """What the holder must see, and until when the task can be answered."""
        session = self._claimed(token)
        return self._tasks.facts(session.subject), session.expires_at

    def progress(self, token: str) -> SessionState:
        """Where the session of a task token stands: before the phone's yes, and after the end too."""
        return _state(self._answers.resume(self._held(token)))

    def offer_certificate(self, token: str, certificate: bytes) -> None:
        """Prepare the document for a certificate (DER); the application side may refuse it.

        May be done again with another certificate until the answer.
        """
        session = self._claimed(token)
        if self._sessions.material(session).certificate == certificate:
            return
        try:
            document = self._tasks.prepare(session.subject, certificate, self._clock())
        except SealBridgeError as error:
            self._sessions.note(session, "offer-refused", Actor.SERVICE, error.code)
            raise
        if not self._sessions.keep_offer(session, certificate, document):
            raise why_closed(self._by_id(session.id))

    def document(self, token: str) -> bytes:
        """The prepared PDF. Raises SessionNotReady before an offer."""
        document = self._sessions.material(self._claimed(token)).document
        if document is None:
            raise SessionNotReady("no certificate was offered")
        return document

    def answer(self, token: str, cms: bytes) -> str:
        """Take the holder's signature; returns the SHA-256 of the signed document.

        The same answer may be sent again. An answer that the application side refuses for good fails the
        session. Raises SessionAnswered for another answer.
        """
        session = self._held(token)
        if session.kind is not SessionKind.LOCK_SIGNATURE:
            raise TaskIsEnrolment("nothing is signed in this session")
        return self._answers.take(session, cms)

    def refuse(self, token: str, reason: str) -> None:
        """Decline. ``reason``: at most MAX_REASON characters for the phone to show, may be empty."""
        self._move(self._held(token), Action.REFUSE, Actor.HOLDER, reason=reason or None)

    def _move(self, session: Session, action: Action, actor: Actor, **values: Any) -> None:
        try:
            moved = self._sessions.move(session, action, actor, **values)
        except WrongMove as error:
            raise why_closed(session) from error
        if not moved:
            raise why_closed(self._by_id(session.id))

    def _by_id(self, session_id: str) -> Session:
        session = self._sessions.find(session_id)
        if session is None:
            raise SessionNotFound("no such session")
        return session

    def _owned(self, session_id: str, owner: str) -> Session:
        session = self._by_id(session_id)
        if session.owner != owner:
            raise SessionNotFound("the session is another owner's")
        return session

    def _held(self, token: str) -> Session:
        session = self._sessions.held_by(credentials.digest(token))
        if session is None:
            raise TaskTokenRefused("no session was claimed with this token")
        return session

    def _claimed(self, token: str) -> Session:
        session = self._held(token)
        if session.kind is not SessionKind.LOCK_SIGNATURE:
            raise TaskIsEnrolment("nothing is signed in this session")
        if session.status is not Status.CLAIMED:
            raise why_closed(session)
        require_confirmed(session)
        return session


def _state(session: Session) -> SessionState:
    told = {name: getattr(session, name) for name in SessionState.__slots__ if name != "pc"}
    return SessionState(**told, pc=_pc(session))


def _pc(session: Session) -> ClaimedPc | None:
    if session.task_token_digest is None:
        return None
    number = number_of(session.task_token_digest)
    return ClaimedPc(number, session.program or "", session.confirmed_at is not None)
