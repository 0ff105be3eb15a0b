"""What a real-name check refuses."""

from __future__ import annotations

from api.errors import AppError
from hsm.errors import Kind


class RealNameRequired(AppError):
    """The person is signed in, and nobody knows who it is: no check was passed, or its result has expired."""

    kind = Kind.FORBIDDEN
    code = "real_name_required"
    zh = "尚未实名认证，无法操作"


class NameInvalid(AppError):
    """A person's name is empty, too long, or has characters that no name has."""

    kind = Kind.INVALID
    code = "name_invalid"
    zh = "{field}为空、过长或含有无效字符，请核对"


class BankCardInvalid(AppError):
    """Not the number of a bank card (ISO/IEC 7812), or missing."""

    kind = Kind.INVALID
    code = "bank_card_invalid"
    zh = "银行卡号不正确"


class AttemptsExhausted(AppError):
    """As many checks as anybody may make in 24 hours. ``wait_seconds``: until the next."""

    kind = Kind.TOO_MANY
    code = "realname_attempts_exhausted"
    zh = "今日认证次数已用完，请明天再试"


class IdentityDiffers(AppError):
    """The account belongs to somebody else already; only an operator can give it to another person."""

    kind = Kind.CONFLICT
    code = "identity_differs"
    zh = "与本账号此前实名的身份不一致，如需更换请联系客服"


class CheckClosed(AppError):
    """The check has ended, or another request was a moment faster."""

    kind = Kind.CONFLICT
    code = "realname_check_closed"
    zh = "本次认证已结束（{status_name}）"


class MethodNotOffered(AppError):
    """This installation has no provider for the method."""

    kind = Kind.CONFLICT
    code = "realname_method_not_offered"
    zh = "暂不支持该认证方式，请选择其他方式"
