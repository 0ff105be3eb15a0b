"""下载到 CA 锁, as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import Field

from api.certificates.on_lock.rules import Step
from api.certificates.on_lock.service import EnrolmentState
from api.wire import Answer, Body


class EnrolmentAddressView(Answer):
    """Type the address into the PC's browser (or give it to ``sealbridge-agent enrol``), then the code."""

    address: str
    code: str
    expires_at: datetime


class EnrolmentStateView(Answer):
    """Where it stands. ``status``, ``openings``, ``tries``, ``failure``, ``reason``: of the session, as in
    发送到电脑. ``step``: what is waited for.

    Show ``check`` with ``lock_label`` and ``lock_serial`` at the step ``confirmation``: it must be the number
    on the PC; then send ``keys_digest`` back. ``serial``: of the signing certificate once it is issued.
    """

    status: str
    openings: int
    tries: int
    failure: str | None
    reason: str | None
    expires_at: datetime
    step: Step
    lock_label: str | None
    lock_serial: str | None
    check: str | None
    keys_digest: str | None
    serial: str | None

    @classmethod
    def of(cls, state: EnrolmentState) -> Self:
        """The view of a state."""
        session, offered = state.session, state.offered
        shown = offered is not None and offered.proved_at is not None
        return cls(
            status=session.status,
            openings=session.openings,
            tries=session.tries,
            failure=session.failure,
            reason=session.reason,
            expires_at=session.expires_at,
            step=state.step,
            lock_label=offered.lock_label if offered else None,
            lock_serial=offered.lock_serial if offered else None,
            check=offered.keys.check if offered and shown else None,
            keys_digest=offered.keys.digest if offered and shown else None,
            serial=state.serial,
        )


class KeysConfirmed(Body):
    """The keys that the person compared."""

    keys_digest: str = Field(pattern="^[0-9a-f]{64}$", examples=["0" * 64])
