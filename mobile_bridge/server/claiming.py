"""Claiming a session by its typed address and code: one device, once."""

from __future__ import annotations

import hmac
from typing import Any

from mobile_bridge.errors import AddressRefused, BridgeError, CodeTriesSpent, CodeWrong, SessionClaimed
from mobile_bridge.server import credentials
from mobile_bridge.server.rules import TASK_LIFETIME, Action, Actor, Status
from mobile_bridge.server.sessions import Clock, Session, Sessions


class Claims:
    """The way from an address to a task token."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock

    def opened(self, address: str) -> None:
        """Count a browser that opened an address, if there is a session."""
        session = self._at(address)
        if session is not None and session.status is Status.CREATED:
            self._sessions.count_opening(session)

    def claim(self, address: str, code: str, program: str) -> str:
        """Bind the session to the caller; returns the task token. ``program``: what claims, in words."""
        session = self._at(address)
        # Counted before it is compared: codes sent all at once get no more tries than one by one.
        left = None if session is None else self._sessions.spend_try(session)
        if session is None or left is None:
            raise self._closed(address, code)
        if not _is_code(session, address, code):
            raise self._wrong_code(session, left)
        token = credentials.new_token()
        digest, expires_at = credentials.digest(token), self._clock() + TASK_LIFETIME
        claimed: dict[str, Any] = {"task_token_digest": digest, "expires_at": expires_at, "program": program}
        if not self._sessions.move(session, Action.CLAIM, Actor.HOLDER, **claimed):
            raise self._closed(address, code)
        return token

    def _wrong_code(self, session: Session, left: int) -> BridgeError:
        if left:
            return CodeWrong(f"{left} tries left", tries_left=left)
        spent = CodeTriesSpent("no try left")
        self._sessions.move(session, Action.FAIL, Actor.SERVICE, spent.code, failure=spent.code)
        return spent

    def _closed(self, address: str, code: str) -> BridgeError:
        session = self._at(address)
        if session is None or session.status is not Status.CLAIMED or not _is_code(session, address, code):
            return AddressRefused("no open session at this address")
        self._sessions.note(session, "second-claim", Actor.HOLDER)
        return SessionClaimed("another device has the session")

    def _at(self, address: str) -> Session | None:
        plain = credentials.plain(address)
        return None if plain is None else self._sessions.at_address(credentials.digest(plain))


def _is_code(session: Session, address: str, code: str) -> bool:
    plain = credentials.plain(address) or ""
    return hmac.compare_digest(session.code_digest, credentials.code_digest(plain, code.strip()))
