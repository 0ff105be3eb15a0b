"""Recoveries, as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import Field

from api.recovery.queries import Recovery
from api.recovery.rules import APPROVAL_LASTS, NAMES, Status
from api.wire import Answer, Body


class RecoveryRequest(Body):
    """``serial``: of the encryption certificate, hexadecimal. ``reason``: how the holder was identified."""

    serial: str = Field(min_length=1, max_length=40, pattern="^[0-9A-Fa-f]+$")
    reason: str = Field(min_length=2, max_length=200, examples=["持有人忘记 PIN 码，已当面核验身份证件"])


class OwnRecoveryView(Answer):
    """A recovery, as the holder sees it. ``approved_until``: when the approval expires, once there is one."""

    id: str
    serial: str
    status: Status
    status_name: str
    asked_at: datetime
    approved_until: datetime | None

    @classmethod
    def of(cls, found: Recovery) -> Self:
        """The view of a recovery."""
        is_approved = found.status is Status.APPROVED and found.judged_at is not None
        return cls(
            id=found.id,
            serial=found.serial,
            status=found.status,
            status_name=NAMES[found.status],
            asked_at=found.asked_at,
            approved_until=found.judged_at + APPROVAL_LASTS if is_approved and found.judged_at else None,
        )


class RecoveryView(OwnRecoveryView):
    """A recovery, as operators see it."""

    reason: str
    asked_by: str
    judged_by: str | None
    judged_at: datetime | None
    closed_at: datetime | None

    @classmethod
    def of(cls, found: Recovery) -> Self:
        """The view of a recovery."""
        return cls(
            **OwnRecoveryView.of(found).model_dump(),
            reason=found.reason,
            asked_by=found.asked_by,
            judged_by=found.judged_by,
            judged_at=found.judged_at,
            closed_at=found.closed_at,
        )
