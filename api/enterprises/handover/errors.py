"""Why a handover does not go on."""

from __future__ import annotations

from api.errors import AppError
from hsm.errors import Kind


class HandoverClosed(AppError):
    """It was accepted, declined, withdrawn, or has become void; also what the loser of a race is told."""

    kind = Kind.CONFLICT
    code = "handover_state"
    zh = "该移交当前状态（{status_name}）不能进行此操作"


class HandoverExpired(AppError):
    """Nobody accepted it in time."""

    kind = Kind.GONE
    code = "handover_expired"
    zh = "该移交已超过确认期限，请管理员重新发起"


class HandoverPending(AppError):
    """Another offer of the same enterprise is waiting."""

    kind = Kind.CONFLICT
    code = "handover_pending"
    zh = "已有等待确认的管理员移交，请先取消"


class RecipientUnfit(AppError):
    """Administration goes to a clerk of the enterprise, not to whoever has it already."""

    kind = Kind.CONFLICT
    code = "handover_recipient"
    zh = "只能移交给本企业的办事人员"
