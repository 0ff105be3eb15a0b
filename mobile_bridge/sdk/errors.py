"""What the service refuses, and what does not hold when an answer is verified offline.

``code`` is stable and meant for programs, ``message`` is Chinese and meant for people.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final


class SdkError(Exception):
    """Whatever this package raises."""

    code = "sdk_error"
    message = "签章服务出错，请稍后重试"


class Unreachable(SdkError):
    """No connection, one that broke, or an answer that is not the service's."""

    code = "unreachable"
    message = "暂时无法连接签章服务，请稍后重试"


class Refused(SdkError):
    """The service refused a call: a problem of RFC 9457. ``status``: HTTP. ``facts``: the whole problem."""

    def __init__(self, status: int, facts: Mapping[str, Any]) -> None:
        self.status, self.facts = status, dict(facts)
        self.code = str(facts.get("code", "unknown"))
        self.message = str(facts.get("message") or facts.get("title") or SdkError.message)
        super().__init__(f"HTTP {status} {self.code}: {facts.get('detail', '')}")


class NotAuthenticated(Refused):
    """401: the signature of the call does not hold, is stale, or was seen before."""


class NotPermitted(Refused):
    """403: the platform lacks the scope, or is suspended."""


class NotFound(Refused):
    """404: no such thing, or another platform's."""


class Conflict(Refused):
    """409: it does not stand where the call needs it."""


class Ended(Refused):
    """410: it is over."""


class Invalid(Refused):
    """400, 413, 422: the call itself is wrong; sending it again does not help."""


class TooMany(Refused):
    """429: slow down."""


class Unavailable(Refused):
    """5xx: the service, or its token, does not work at present; the call may be sent again."""


_BY_STATUS: Final[dict[int, type[Refused]]] = {
    HTTPStatus.BAD_REQUEST: Invalid,
    HTTPStatus.UNAUTHORIZED: NotAuthenticated,
    HTTPStatus.FORBIDDEN: NotPermitted,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.CONFLICT: Conflict,
    HTTPStatus.GONE: Ended,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Invalid,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: Invalid,
    HTTPStatus.UNPROCESSABLE_ENTITY: Invalid,
    HTTPStatus.TOO_MANY_REQUESTS: TooMany,
}


def refused(status: int, facts: Mapping[str, Any]) -> Refused:
    """The error that fits a status."""
    kind = Unavailable if status >= 500 else _BY_STATUS.get(status, Refused)
    return kind(status, facts)


class NotVerified(SdkError):
    """An answer does not hold: act on nothing it says. ``code`` tells what is wrong with it.

    | code               | meaning                                                                    |
    |--------------------|----------------------------------------------------------------------------|
    | malformed          | not the format it should have                                              |
    | algorithm_refused  | signed by an algorithm that is not taken here                              |
    | untrusted          | the certificate does not lead to a given root, or was out of validity      |
    | revoked            | the certificate, or its issuer's, is on a revocation list                  |
    | revocation_unknown | the revocation list that was given is out of date                          |
    | wrong_signer       | a certificate of the right CA that is for something else                   |
    | signature_invalid  | the signature does not hold for these bytes                                |
    | other_issuer       | said by another service                                                    |
    | other_audience     | said to another site                                                       |
    | other_scan         | of another scan, kind, nonce or request                                    |
    | expired            | said too long ago, or in the future                                        |
    | replayed           | seen before                                                                |
    | document_differs   | not the document that was sent, or changed after it was sealed             |
    | not_sealed         | the document carries no signature                                          |
    | chain_broken       | events of an opening were changed, left out, or put in                     |
    | call_invalid       | a platform's own call is missing, or its signature does not hold           |
    | window_broken      | an opening was brought forward, or a key was given out outside of it       |
    | cannot_open        | the sealed key, or the envelope, cannot be opened with this key            |
    """

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        self.message = _MESSAGES[code]
        super().__init__(f"{code}: {detail}")


_MESSAGES: Final = {
    "malformed": "应答格式不正确",
    "algorithm_refused": "应答使用了不被接受的签名算法",
    "untrusted": "签名证书不是由受信任的根证书签发，或不在有效期内",
    "revoked": "签名证书已被吊销",
    "revocation_unknown": "吊销列表已过期，无法确认证书状态",
    "wrong_signer": "签名证书的用途不符",
    "signature_invalid": "签名验证未通过",
    "other_issuer": "应答不是由约定的签章服务出具",
    "other_audience": "应答不是出具给本网站的",
    "other_scan": "应答与本次扫码不对应",
    "expired": "应答已过期",
    "replayed": "通知已处理过",
    "document_differs": "文件与送签时不一致",
    "not_sealed": "文件上没有电子签章",
    "chain_broken": "开标记录被改动、删减或插入",
    "call_invalid": "平台公告的签名验证未通过",
    "window_broken": "开标时间被提前，或在开标时间之外解密",
    "cannot_open": "无法用本次会话的密钥打开",
}
