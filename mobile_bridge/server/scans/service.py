"""扫码: a trading platform asks, a phone scans the QR code on the platform's page, its holder answers.

    scans = ScanService(engine, clock, server_key, "https://ca.example")
    made = scans.create("platform-1", SessionKind.SIGN, request, origin=…, digest=…, lifetime=…)
    scan = scans.claim(text_of_the_qr_code, "person/7")          # one phone, once
    with scans.approving(scan.id, "person/7") as approval:       # one at a time
        …                                                        # PIN, signatures: no transaction open
        with db.write() as tx:
            approval.complete(tx, answer)                        # with whatever else the act writes

Verbs open their own transactions, unless they are given one: call them with none open for writing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine

from mobile_bridge.errors import MessageTooLarge, SessionNotFound
from mobile_bridge.server import credentials, moving
from mobile_bridge.server.moving import Clock, Event
from mobile_bridge.server.rules import SCANNED, Action, Actor, SessionKind
from mobile_bridge.server.scans.approving import Approval, approving
from mobile_bridge.server.scans.claiming import ScanClaims
from mobile_bridge.server.scans.frames import Frames
from mobile_bridge.server.scans.model import CreatedScan, Scan
from mobile_bridge.server.scans.rules import LONGEST, SHORTEST
from mobile_bridge.server.scans.store import OnEnd, OnStep, Scans, nothing
from mobile_bridge.wire import MAX_REASON


class ScanService:
    """The verbs of scanning. Each raises BridgeErrors. ``server_key``: 32 bytes.

    ``on_end``: called inside the transaction in which a scan reaches its end; ``on_step``: of every step.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        server_key: bytes,
        public_url: str,
        on_end: OnEnd = nothing,
        on_step: OnStep = nothing,
    ) -> None:
        self.frames = Frames(server_key, public_url)
        self.store = Scans(engine, clock, on_end, self._changed, on_step)
        self._claims = ScanClaims(self.store, self.frames)
        self._listeners: list[Callable[[str], None]] = []

    def listen(self, listener: Callable[[str], None]) -> None:
        """Have ``listener`` told the id of every scan that this process changes, after the commit."""
        self._listeners.append(listener)

    # The platform.

    def create(
        self,
        platform: str,
        kind: SessionKind,
        request: Mapping[str, Any],
        *,
        origin: str,
        digest: str,
        lifetime: timedelta,
        subject: str = "",
    ) -> CreatedScan:
        """A scan for ``platform``. ``digest``: SHA-256 of the request, hexadecimal, as the platform knows it.

        ``subject``: whom of the platform's users it concerns, up to 80 characters; an unanswered scan of the
        same platform, kind and subject is superseded. Without one, nothing is.
        """
        if kind not in SCANNED or not SHORTEST <= lifetime <= LONGEST:
            raise ValueError(f"no scan of kind {kind} for {lifetime}")
        token = credentials.new_token()
        expires_at = self.store.clock() + lifetime
        session_id = self.store.create(
            kind,
            subject,
            platform,
            expires_at,
            request,
            origin=origin,
            digest=digest,
            wait_token_digest=credentials.digest(token),
        )
        return CreatedScan(session_id, token, expires_at)

    def of_platform(self, session_id: str, platform: str) -> Scan:
        """A scan that ``platform`` made. Raises SessionNotFound."""
        scan = self.store.find(session_id)
        if scan is None or scan.platform != platform:
            raise SessionNotFound("no such scan of this platform")
        return scan

    def cancel(self, session_id: str, platform: str) -> None:
        """Take back an unanswered scan. Raises SessionNotFound, or why it is closed."""
        self.store.end(lambda: self.of_platform(session_id, platform), Action.CANCEL, Actor.REQUESTER)

    # The phone.

    def claim(self, qr: str, holder: str) -> Scan:
        """Bind the scan whose QR code was read to ``holder`` (up to 80 characters), who may come again.

        Raises QrMalformed, QrForged, QrStale; SessionClaimed to whoever comes second; or why it is closed.
        """
        return self._claims.claim(qr, holder)

    def of_holder(self, session_id: str, holder: str) -> Scan:
        """A scan that ``holder`` claimed. Raises SessionNotFound."""
        scan = self.store.find(session_id)
        if scan is None or scan.holder != holder:
            raise SessionNotFound("no such scan of this holder")
        return scan

    def approving(self, session_id: str, holder: str) -> AbstractContextManager[Approval]:
        """A turn to approve, for a ``with`` block; left without ``complete``, the scan stays claimed.

        An error that is raised through the block and has the name of a hint tells the waiting page so.
        Raises SessionNotFound, ApprovalInProgress, or why the scan is closed.
        """
        return approving(self.store, session_id, holder)

    def refuse(self, session_id: str, holder: str, reason: str) -> None:
        """Decline. ``reason``: at most MAX_REASON characters, may be empty."""
        if len(reason) > MAX_REASON:
            raise MessageTooLarge(f"a reason has at most {MAX_REASON} characters")
        self.store.end(
            lambda: self.of_holder(session_id, holder), Action.REFUSE, Actor.HOLDER, reason=reason or None
        )

    # The service.

    def fail(self, session_id: str, code: str) -> None:
        """End an unanswered scan by a fault. ``code``: of the error. Raises why it is closed."""
        self.store.end(lambda: self._by_id(session_id), Action.FAIL, Actor.SERVICE, code, failure=code)

    def events(self, session_id: str) -> list[Event]:
        """The evidence: every event in order. Raises SessionNotFound."""
        return moving.events_of(self.store.engine, self._by_id(session_id).id)

    def expire_overdue(self) -> int:
        """End every scan that nobody answered in time; returns how many."""
        count = 0
        while overdue := self.store.overdue():
            ended = sum(self.store.expire(one) for one in overdue)
            count += ended
            if not ended:  # another process is at it
                break
        return count

    def free_lapsed(self) -> int:
        """Give back the turns of approvals whose process was killed, so that pages see it; how many."""
        return sum(self.store.free(one) for one in self.store.lapsed())

    def _by_id(self, session_id: str) -> Scan:
        scan = self.store.find(session_id)
        if scan is None:
            raise SessionNotFound("no such scan")
        return scan

    def _changed(self, session_id: str) -> None:
        for listener in self._listeners:
            listener(session_id)
