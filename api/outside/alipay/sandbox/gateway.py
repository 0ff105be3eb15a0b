"""gateway.do: who calls, is it signed, which method; and the answer, signed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from api.outside.alipay.client import BEIJING
from api.outside.alipay.signing import is_signed, sign, signed_text

SANDBOX_APP_ID: Final = "9021000100000000"
"""The one application that the sandbox knows."""

Clock = Callable[[], datetime]

_SIGN: Final = frozenset({"sign"})
_REQUIRED: Final = ("app_id", "method", "charset", "sign_type", "sign", "timestamp", "version", "biz_content")
_CLOCK_SKEW: Final = timedelta(minutes=15)


class Refusal(Exception):
    """What the platform answers in place of doing it: its code, message and sub-code."""

    def __init__(self, code: str, message: str, sub_code: str, told: str) -> None:
        super().__init__(sub_code)
        self.content = {"code": code, "msg": message, "sub_code": sub_code, "sub_msg": told}

    @classmethod
    def business(cls, sub_code: str, told: str) -> Refusal:
        """40004: understood, and not done."""
        return cls("40004", "Business Failed", sub_code, told)

    @classmethod
    def invalid(cls, sub_code: str, told: str) -> Refusal:
        """40002: the parameters are wrong."""
        return cls("40002", "Invalid Arguments", sub_code, told)


@dataclass(frozen=True, slots=True)
class Request:
    """A call whose signature is right. ``business``: its biz_content."""

    method: str
    business: Mapping[str, Any]
    return_url: str
    notify_url: str

    def text(self, name: str) -> str:
        """A value that must be there, as text. Raises Refusal."""
        value = self.business.get(name)
        if not isinstance(value, (str, int, float)) or not str(value).strip():
            raise Refusal.invalid("isv.missing-parameter", f"缺少参数 {name}")
        return str(value)


@dataclass(frozen=True, slots=True)
class Gatekeeper:
    """The keys of both sides. ``app_key``: the application's public key, as it was registered."""

    app_key: RSAPublicKey
    own_key: RSAPrivateKey
    clock: Clock

    def admit(self, form: Sequence[tuple[str, str]]) -> Request:
        """The request of a form. Raises Refusal."""
        given = dict(form)
        for name in _REQUIRED:
            if not given.get(name):
                raise Refusal("40001", "Missing Required Arguments", f"isv.missing-{name}", f"缺少 {name}")
        if given["app_id"] != SANDBOX_APP_ID:
            raise Refusal.invalid("isv.invalid-app-id", "无效的AppID参数")
        if given["sign_type"] != "RSA2":
            raise Refusal.invalid("isv.invalid-signature-type", "无效的签名类型")
        text = signed_text(given, without=_SIGN)
        if len(given) != len(form) or not is_signed(self.app_key, text, given["sign"]):
            raise Refusal.invalid("isv.invalid-signature", "无效签名")
        self._check_time(given["timestamp"])
        return Request(
            given["method"], _business(given), given.get("return_url", ""), given.get("notify_url", "")
        )

    def answer(self, method: str, content: Mapping[str, Any]) -> str:
        """The signed JSON text of an answer."""
        inner = json.dumps(dict(content), ensure_ascii=False, separators=(",", ":"))
        node = method.replace(".", "_") + "_response" if method else "error_response"
        return f'{{{json.dumps(node)}:{inner},"sign":"{sign(self.own_key, inner)}"}}'

    @staticmethod
    def about_us() -> dict[str, str]:
        """What every notice says of its application."""
        return {"app_id": SANDBOX_APP_ID, "charset": "utf-8", "version": "1.0"}

    def sign_notice(self, notice: Mapping[str, str]) -> dict[str, str]:
        """A notice with its signature: over all but ``sign`` and ``sign_type``."""
        signature = sign(self.own_key, signed_text(notice, without=frozenset(), keep_empty=True))
        return {**notice, "sign_type": "RSA2", "sign": signature}

    def _check_time(self, written: str) -> None:
        try:
            at = datetime.strptime(written, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
        except ValueError:
            raise Refusal.invalid("isv.invalid-timestamp", "无效的时间戳") from None
        if abs(at - self.clock()) > _CLOCK_SKEW:
            raise Refusal.invalid("isv.invalid-timestamp", "时间戳与服务器时间相差过大")


def _business(given: Mapping[str, str]) -> Mapping[str, Any]:
    try:
        read = json.loads(given["biz_content"])
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise Refusal.invalid("isv.invalid-parameter", "biz_content 不是 JSON 对象")
    return read
