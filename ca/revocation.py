"""Suspending, releasing and revoking certificates, with what has to follow at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from ca.errors import ReasonRefused
from ca.ledger import Entry, Ledger
from ca.status import HOLD, REASONS, Act, Revocation

_AHEAD: Final = timedelta(minutes=5)  # how far an operator's clock may run ahead of ours


class Revoker:
    """What an operator does to issued certificates. Each act returns the row as it was before."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Callable[[], datetime],
        on_change: Callable[[Entry, Act], None] | None = None,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._on_change = on_change

    def suspend(self, serial: int) -> Entry:
        """Put on hold. Raises CertificateUnknown, StatusConflict."""
        return self._act(serial, Act.SUSPEND, Revocation(self._clock(), HOLD))

    def release(self, serial: int) -> Entry:
        """Take off hold. Raises CertificateUnknown, StatusConflict."""
        return self._act(serial, Act.RELEASE, None)

    def revoke(self, serial: int, reason: str, invalidity_date: datetime | None = None) -> Entry:
        """Revoke for good.

        ``reason``: one of ``ca.status.REASONS``. ``invalidity_date``: since when the key is not to be trusted
        (RFC 5280, 5.3.2); the revocation itself is always dated now, since nothing relied on before was
        announced as revoked. Raises ReasonRefused, CertificateUnknown, StatusConflict.
        """
        if reason not in REASONS:
            raise ReasonRefused(f"reason: one of {', '.join(sorted(REASONS))} is expected")
        now = self._clock()
        if invalidity_date is not None and invalidity_date > now + _AHEAD:
            raise ReasonRefused("the invalidity date lies in the future")
        return self._act(serial, Act.REVOKE, Revocation(now, reason, invalidity_date))

    def _act(self, serial: int, act: Act, revocation: Revocation | None) -> Entry:
        before = self._ledger.change_status(serial, act, revocation, self._clock())
        if self._on_change is not None:
            self._on_change(before, act)
        return before
