"""One approval at a time, by a turn that outlives no crash for long.

Whoever approves takes the turn, works (the token signs, no transaction is open), and completes the scan in
the very transaction that keeps what came of it. The turn is renewed meanwhile. A process that is killed
leaves the scan claimed: when its turn has run out, the holder approves again.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final

from sqlalchemy import Connection

from hsm.errors import SealBridgeError
from mobile_bridge.errors import ApprovalInProgress, SessionNotFound
from mobile_bridge.server.moving import Step
from mobile_bridge.server.refusals import why_closed
from mobile_bridge.server.rules import Action, Actor, Status
from mobile_bridge.server.scans.model import Scan
from mobile_bridge.server.scans.rules import APPROVAL_TURN, LONGEST_APPROVAL, hint_named
from mobile_bridge.server.scans.store import SCAN, Scans, canonical, is_free

RENEW_SECONDS: Final = APPROVAL_TURN.total_seconds() / 4


class Approval:
    """A turn to approve ``scan``."""

    def __init__(self, scans: Scans, scan: Scan, turn: str) -> None:
        self.scan = scan
        self._scans = scans
        self._turn = turn
        self._hint: str | None = None
        self._is_complete = False
        self._is_over = threading.Event()

    def complete(self, tx: Connection, answer: Mapping[str, Any]) -> Scan:
        """End the scan with its answer, in the caller's transaction; the scan as it is then.

        Raises why the scan is closed, ApprovalInProgress when the turn was lost: the transaction must fail.
        """
        text = canonical(answer)
        confirm = Step.move(Status.CLAIMED, Action.CONFIRM, Actor.HOLDER)
        complete = Step.move(Status.CONFIRMED, Action.COMPLETE, Actor.SERVICE)
        confirmed = {"answered_at": self._scans.clock()}
        mine: dict[str, Any] = {"answer": text, "approval": None, "approval_until": None, "hint": None}
        if not self._scans.take_in(tx, self.scan, confirm, self._is_mine(), common=confirmed, **mine):
            raise self._why_not(tx)
        result = {"result": hashlib.sha256(text.encode()).hexdigest()}
        self._scans.take_in(tx, self.scan, complete, common=result)
        self._is_complete = True
        return self._scans.of(tx, self.scan.id)

    def hint(self, code: str) -> None:
        """Tell the waiting page, when the turn is given back, how this try ended. ``code``: one of Hint."""
        self._hint = hint_named(code)

    def begin(self) -> None:
        """Take the turn. Raises ApprovalInProgress, or why the scan is closed."""
        now = self._scans.clock()
        step = Step.note(Status.CLAIMED, "approve", Actor.HOLDER)
        turn: dict[str, Any] = {"approval": self._turn, "approval_until": now + APPROVAL_TURN, "hint": None}
        if not self._scans.take(self.scan, step, is_free(now), **turn):
            with self._scans.engine.connect() as connection:
                raise self._why_not(connection)
        threading.Thread(target=self._keep, name="approval-turn", daemon=True).start()

    def give_back(self, error: BaseException | None) -> None:
        """End the turn without an answer, or tell that the answer is there."""
        self._is_over.set()
        if self._is_complete:
            self._scans.changed(self.scan.id)
        if self._is_complete and error is None:
            return
        if isinstance(error, SealBridgeError) and self._hint is None:
            self.hint(error.code)
        step = Step.note(Status.CLAIMED, "approve-ended", Actor.SERVICE, self._hint)
        free: dict[str, Any] = {"approval": None, "approval_until": None, "hint": self._hint}
        self._scans.take(self.scan, step, self._is_mine(), **free)

    def _keep(self) -> None:
        until = self._scans.clock() + LONGEST_APPROVAL
        while not self._is_over.wait(RENEW_SECONDS) and self._scans.clock() < until:
            with suppress(Exception):  # the database does not answer: again in a while, in time still
                self._scans.renew(self.scan.id, self._turn, self._scans.clock() + APPROVAL_TURN)

    def _is_mine(self) -> Any:
        return SCAN.c.approval == self._turn

    def _why_not(self, connection: Connection) -> Exception:
        scan = self._scans.of(connection, self.scan.id)
        if scan.status in (Status.CLAIMED, Status.CONFIRMED):  # the latter by the caller's own transaction
            return ApprovalInProgress("another approval has the turn")
        return why_closed(scan)


@contextmanager
def approving(scans: Scans, session_id: str, holder: str) -> Iterator[Approval]:
    """A turn to approve, given back at the end of the block, however it ends."""
    scan = scans.find(session_id)
    if scan is None or scan.holder != holder:
        raise SessionNotFound("no such scan of this holder")
    if scan.status is not Status.CLAIMED:
        raise why_closed(scan)
    approval = Approval(scans, scan, secrets.token_hex(16))
    approval.begin()
    try:
        yield approval
    except BaseException as error:
        approval.give_back(error)
        raise
    approval.give_back(None)
