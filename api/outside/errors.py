"""What goes wrong on the way to services of others. Adapters make finer errors of some codes."""

from __future__ import annotations

from api.errors import AppError
from hsm.errors import Kind


class ProviderUnreachable(AppError):
    """No answer in time, or one that is none (5xx, not the protocol). Whether it was done is not known."""

    kind = Kind.UNAVAILABLE
    code = "provider_unreachable"
    zh = "外部服务暂时无法访问，请稍后再试"


class ProviderRefused(AppError):
    """The provider answered with a code of its own. ``provider_code``: that code, for operators."""

    kind = Kind.UNAVAILABLE
    code = "provider_refused"
    zh = "外部服务拒绝了请求，请联系服务人员"

    def __init__(self, provider_code: str, detail: str = "") -> None:
        super().__init__(f"{provider_code}: {detail}", provider_code=provider_code)
        self.provider_code = provider_code


class ProviderAnswerInvalid(AppError):
    """The answer is not signed by the provider, or not of the documented shape: nothing in it is believed."""

    kind = Kind.UNAVAILABLE
    code = "provider_answer_invalid"
    zh = "外部服务的应答未通过验证，请稍后再试"


class NoticeForged(AppError):
    """A message that claims to come from a provider, and does not."""

    kind = Kind.FORBIDDEN
    code = "notice_forged"
    zh = "通知未通过验证"
