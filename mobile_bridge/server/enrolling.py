"""下载到 CA 锁: the PC's side of a session in which a lock gets its certificate.

    token = bridge.claim(sent.address, code)                 # as in 发送到电脑
    enrolments.facts(token)                                  # who asks, for which names
    challenge = enrolments.offer(token, offer)               # keys made on the lock, with their proof
    enrolments.prove(token, proof)                           # of an encryption key, which cannot sign
    enrolments.certificates(token)                           # None until the phone has confirmed the keys
    enrolments.written(token, certificates)                  # they are on the lock

The session only carries: keys and certificates are the application side's, which knows them by the subject.
Whoever begins again, in this session or another, finds everything where it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Engine

from hsm.errors import SealBridgeError
from mobile_bridge.errors import TaskIsSignature, TaskTokenRefused
from mobile_bridge.server import credentials
from mobile_bridge.server.moving import Clock
from mobile_bridge.server.refusals import why_closed
from mobile_bridge.server.rules import Actor, SessionKind, Status
from mobile_bridge.server.sessions import Session, Sessions
from mobile_bridge.server.tasks import TaskFacts


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an enrolment wants of a lock; the fields are those of ``wire.Enrolment``."""

    facts: TaskFacts
    reference: str
    key_kind: str
    signing_subject: str
    encryption_subject: str
    present_signing: str
    present_encryption: str
    issued: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """Keys on a lock. ``request``: PKCS#10, DER. ``encryption_key``: SubjectPublicKeyInfo, or empty."""

    request: bytes
    encryption_key: bytes
    lock_label: str
    lock_serial: str


@dataclass(frozen=True, slots=True)
class Given:
    """Certificates, DER; ``encryption`` is empty where there is one. ``chain``: PEM, root last."""

    signing: bytes
    encryption: bytes
    chain: str


class EnrolmentTasks(Protocol):
    """Certificates that wait for keys on locks. ``subject`` names one; ``session``: the session's id, which
    is the nonce too. No transaction of the bridge is open during these calls."""

    def wanted(self, subject: str) -> Wanted:
        """What is wanted of the lock."""
        ...

    def offer(self, subject: str, session: str, offer: Offer, now: datetime) -> bytes:
        """Check keys and keep them; the challenge for the encryption key, empty without one."""
        ...

    def prove(self, subject: str, session: str, proof: str, now: datetime) -> None:
        """Check the proof for the encryption key."""
        ...

    def given(self, subject: str, now: datetime) -> Given | None:
        """The certificates; None while the phone has not confirmed. Finishes what a crash interrupted."""
        ...

    def written(self, subject: str, signing: str, encryption: str, now: datetime) -> str:
        """Note that certificates are on the lock (SHA-256 of each); what the session's result is to be."""
        ...


class Enrolments:
    """The verbs. Each raises TaskTokenRefused, TaskIsSignature, or why the session is closed, and passes on
    what the application side raises."""

    def __init__(self, engine: Engine, clock: Clock, tasks: EnrolmentTasks) -> None:
        self._sessions = Sessions(engine, clock)
        self._clock = clock
        self._tasks = tasks

    def facts(self, token: str) -> tuple[Wanted, str, datetime]:
        """What is wanted, the session's nonce, and until when."""
        session = self._claimed(token)
        return self._tasks.wanted(session.subject), session.id, session.expires_at

    def offer(self, token: str, offer: Offer) -> bytes:
        """Offer keys; the challenge to open, or nothing. May be done again until the phone confirms."""
        session = self._claimed(token)
        try:
            challenge = self._tasks.offer(session.subject, session.id, offer, self._clock())
        except SealBridgeError as error:
            self._sessions.note(session, "keys-refused", Actor.SERVICE, error.code)
            raise
        self._sessions.note(session, "keys", Actor.HOLDER)
        return challenge

    def prove(self, token: str, proof: str) -> None:
        """Prove the possession of the encryption key."""
        session = self._claimed(token)
        try:
            self._tasks.prove(session.subject, session.id, proof, self._clock())
        except SealBridgeError as error:
            self._sessions.note(session, "proof-refused", Actor.SERVICE, error.code)
            raise
        self._sessions.note(session, "proof", Actor.HOLDER)

    def certificates(self, token: str) -> Given | None:
        """The certificates, once the phone has confirmed; also after the end, to whoever finished it."""
        session = self._held(token)
        if session.status not in (Status.CLAIMED, Status.COMPLETE):
            raise why_closed(session)
        return self._tasks.given(session.subject, self._clock())

    def written(self, token: str, signing: str, encryption: str) -> None:
        """The certificates are on the lock: the session is complete. May be said again."""
        session = self._held(token)
        if session.status not in (Status.CLAIMED, Status.COMPLETE):
            raise why_closed(session)
        result = self._tasks.written(session.subject, signing, encryption, self._clock())
        if session.status is Status.CLAIMED:
            self._sessions.finish(session, result)

    def _claimed(self, token: str) -> Session:
        session = self._held(token)
        if session.status is not Status.CLAIMED:
            raise why_closed(session)
        return session

    def _held(self, token: str) -> Session:
        session = self._sessions.held_by(credentials.digest(token))
        if session is None:
            raise TaskTokenRefused("no session was claimed with this token")
        if session.kind is not SessionKind.LOCK_ENROLMENT:
            raise TaskIsSignature("no certificate is given in this session")
        return session
