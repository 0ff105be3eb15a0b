"""Recoveries, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Self

from pydantic import Field

from api.openings.deposits import Waiting
from api.openings.schemas import WaitingView
from api.realname.rules import mask_name
from api.recovery.queries import Recovery
from api.recovery.rules import APPROVAL_LASTS, NAMES, Status
from api.recovery.urgent import Urgent
from api.wire import Answer, Body


class RecoveryRequest(Body):
    """``serial``: of the encryption certificate, hexadecimal. ``reason``: how the holder was identified."""

    serial: str = Field(min_length=1, max_length=40, pattern="^[0-9A-Fa-f]+$")
    reason: str = Field(min_length=2, max_length=200, examples=["持有人忘记 PIN 码，已当面核验身份证件"])


class BidsView(WaitingView):
    """Bids that wait for a recovery. ``seconds_left``: to the end of the opening."""

    seconds_left: int

    @classmethod
    def seen(cls, waiting: Waiting, now: datetime) -> Self:
        """The view of waiting bids."""
        left = int((waiting.closes_at - now).total_seconds())
        return cls(**WaitingView.model_validate(waiting).model_dump(), seconds_left=left)


class UrgentView(Answer):
    """A recovery (``recovery``: its id) or a PIN reset (``application``: its id) for which bids wait.

    ``serial``: of the encryption certificate; ``holder``: masked.
    """

    serial: str
    recovery: str | None
    application: str | None
    status: str
    holder: str
    enterprise: str | None
    bids: BidsView

    @classmethod
    def of(cls, one: Urgent, now: datetime) -> Self:
        """The view of one."""
        names = ("serial", "recovery", "application", "status", "enterprise")
        values = {name: getattr(one, name) for name in names}
        return cls(**values, holder=mask_name(one.holder), bids=BidsView.seen(one.waiting, now))


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
    """A recovery, as operators see it. ``bids``: those that wait for it, null where there are none."""

    reason: str
    asked_by: str
    judged_by: str | None
    judged_at: datetime | None
    closed_at: datetime | None
    bids: BidsView | None

    @classmethod
    def seen(cls, found: Recovery, bids: Mapping[str, Waiting], now: datetime) -> Self:
        """The view of a recovery. ``bids``: by the serials of certificates."""
        waiting = bids.get(found.serial)
        return cls(
            bids=None if waiting is None else BidsView.seen(waiting, now),
            **OwnRecoveryView.of(found).model_dump(),
            reason=found.reason,
            asked_by=found.asked_by,
            judged_by=found.judged_by,
            judged_at=found.judged_at,
            closed_at=found.closed_at,
        )
