"""The states of a recovery and who may move it. Pure.

asked → approved (by another operator) → done (by the holder, within a week) or expired; asked or approved →
refused (by any operator).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from api.errors import AppError
from hsm.errors import Kind

APPROVAL_LASTS: Final = timedelta(days=7)
"""How long the holder may set the new PIN after the approval."""


class Status(StrEnum):
    """Where a recovery stands."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    DONE = "done"
    EXPIRED = "expired"


NAMES: Final = {
    Status.ASKED: "待复核",
    Status.APPROVED: "已批准，待持有人设置新 PIN 码",
    Status.REFUSED: "已拒绝",
    Status.DONE: "已恢复",
    Status.EXPIRED: "已过期",
}


class RecoveryUnderWay(AppError):
    """A recovery of this key is waiting already."""

    kind = Kind.CONFLICT
    code = "recovery_under_way"
    zh = "该证书已有正在进行的密钥恢复"


class RecoveryState(AppError):
    """The recovery does not stand where this could be done; also what the loser of a race is told."""

    kind = Kind.CONFLICT
    code = "recovery_state"
    zh = "密钥恢复当前状态（{status_name}）不能进行此操作"

    def __init__(self, detail: str, *, status: Status) -> None:
        super().__init__(detail, status=status, status_name=NAMES[status])


def stands(status: Status, judged_at: datetime | None, now: datetime) -> Status:
    """The status at this moment: an approval that nobody used in time has expired."""
    if status is Status.APPROVED and judged_at is not None and now > judged_at + APPROVAL_LASTS:
        return Status.EXPIRED
    return status


def require(status: Status, *expected: Status) -> None:
    """Raise RecoveryState unless the recovery stands at one of ``expected``."""
    if status not in expected:
        raise RecoveryState(f"the recovery is {status}", status=status)
