"""Why a key is refused."""

from __future__ import annotations

from api.errors import AppError
from hsm.errors import Kind


class KeyInvalid(AppError):
    """Not a key: 1 to 255 visible ASCII characters, in quotes or without."""

    kind = Kind.INVALID
    code = "idempotency_key_invalid"
    zh = "Idempotency-Key 格式不正确"


class KeyReused(AppError):
    """The key was given to another call: another address, or another body."""

    kind = Kind.INVALID
    code = "idempotency_key_reused"
    zh = "同一 Idempotency-Key 不能用于不同的请求"


class RequestInProgress(AppError):
    """The first call with this key is still being served."""

    kind = Kind.CONFLICT
    code = "request_in_progress"
    zh = "相同的请求正在处理，请稍后再试"


class AnswerNotKept(AppError):
    """The first call with this key was done; its answer was too large to be kept."""

    kind = Kind.CONFLICT
    code = "answer_not_kept"
    zh = "该请求已处理，结果未保存，请重新发起"
