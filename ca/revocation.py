"""Suspending, releasing and revoking certificates, with what has to follow at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from ca.audit.event import Event, Outcome
from ca.audit.journal import Journal
from ca.errors import CaError, ReasonRefused
from ca.ledger import ACTIONS, Entry, InTransaction, Ledger, serial_text
from ca.status import HOLD, REASONS, Act, Revocation

_AHEAD: Final = timedelta(minutes=5)  # how far an operator's clock may run ahead of ours


class Revoker:
    """What an operator does to issued certificates. Each act returns the row as it was before.

    ``also`` of an act: what is written in its transaction.

    ``journal``: is told what was refused; what was done the ledger tells it.
    """

    def __init__(
        self,
        ledger: Ledger,
        clock: Callable[[], datetime],
        on_change: Callable[[Entry, Act], None] | None = None,
        journal: Journal | None = None,
    ) -> None:
        self._journal = journal
        self._ledger = ledger
        self._clock = clock
        self._on_change = on_change

    def suspend(self, serial: int, also: InTransaction | None = None) -> Entry:
        """Put on hold. Raises CertificateUnknown, StatusConflict."""
        revocation = Revocation(self._clock(), HOLD)
        with self._refusals_told(serial, Act.SUSPEND, revocation):
            return self._act(serial, Act.SUSPEND, revocation, also)

    def release(self, serial: int, also: InTransaction | None = None) -> Entry:
        """Take off hold. Raises CertificateUnknown, StatusConflict."""
        with self._refusals_told(serial, Act.RELEASE, None):
            return self._act(serial, Act.RELEASE, None, also)

    def revoke(
        self,
        serial: int,
        reason: str,
        invalidity_date: datetime | None = None,
        also: InTransaction | None = None,
    ) -> Entry:
        """Revoke for good.

        ``reason``: one of ``ca.status.REASONS``. ``invalidity_date``: since when the key is not to be trusted
        (RFC 5280, 5.3.2); the revocation itself is always dated now, since nothing relied on before was
        announced as revoked. Raises ReasonRefused, CertificateUnknown, StatusConflict.
        """
        now = self._clock()
        revocation = Revocation(now, reason, invalidity_date)
        with self._refusals_told(serial, Act.REVOKE, revocation):
            if reason not in REASONS:
                raise ReasonRefused(f"reason: one of {', '.join(sorted(REASONS))} is expected")
            if invalidity_date is not None and invalidity_date > now + _AHEAD:
                raise ReasonRefused("the invalidity date lies in the future")
            return self._act(serial, Act.REVOKE, revocation, also)

    def _act(self, serial: int, act: Act, revocation: Revocation | None, also: InTransaction | None) -> Entry:
        before = self._ledger.change_status(serial, act, revocation, self._clock(), also)
        if self._on_change is not None:
            self._on_change(before, act)
        return before

    @contextmanager
    def _refusals_told(self, serial: int, act: Act, revocation: Revocation | None) -> Iterator[None]:
        """What was done the ledger tells the journal, what was refused is told here."""
        try:
            yield
        except CaError as refused:
            if self._journal is not None:
                detail = {} if revocation is None else {"reason": revocation.reason}
                told = Event(ACTIONS[act], serial_text(serial), Outcome.REFUSED, refused.code, detail)
                self._journal.record(told)
            raise
