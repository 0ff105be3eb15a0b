"""Text messages: the port, and the adapter for Alibaba Cloud's 短信服务 (Dysmsapi 2017-05-25, SendSms)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final, Protocol

from api.errors import AppError
from api.outside.aliyun.client import AliyunClient
from api.outside.errors import ProviderRefused
from hsm.errors import Kind

VERSION: Final = "2017-05-25"
_LIMITS: Final = frozenset(
    {"isv.BUSINESS_LIMIT_CONTROL", "isv.DAY_LIMIT_CONTROL", "isv.MONTH_LIMIT_CONTROL", "Throttling.User"}
)
_NUMBERS: Final = frozenset({"isv.MOBILE_NUMBER_ILLEGAL", "isv.MOBILE_COUNT_OVER_LIMIT"})


class SmsCarrierLimit(AppError):
    """The carrier sends no more to this number for now."""

    kind = Kind.TOO_MANY
    code = "sms_carrier_limit"
    zh = "该号码的短信发送过于频繁，请稍后再试"


class SmsNumberRefused(AppError):
    """The carrier does not know such a number."""

    kind = Kind.INVALID
    code = "sms_number_refused"
    zh = "短信无法发送到该号码"


class SmsNotSent(AppError):
    """Refused for a reason of ours: keys, signature, template, balance. ``provider_code``: which."""

    kind = Kind.UNAVAILABLE
    code = "sms_not_sent"
    zh = "短信暂时无法发送，请稍后再试"


class SmsSender(Protocol):
    """Sends text messages."""

    def send_code(self, phone: str, code: str, now: datetime) -> None:
        """Send a code. Returns once the carrier has taken it; raises AppError when it does not."""
        ...


class AliyunSms:
    """Sends by a template with one variable, ``code``, approved under ``sign_name``."""

    def __init__(self, client: AliyunClient, sign_name: str, template_code: str) -> None:
        self._client = client
        self._sign_name = sign_name
        self._template_code = template_code

    def send_code(self, phone: str, code: str, now: datetime) -> None:
        """Raises SmsCarrierLimit, SmsNumberRefused, SmsNotSent, ProviderUnreachable."""
        query = {
            "PhoneNumbers": phone,
            "SignName": self._sign_name,
            "TemplateCode": self._template_code,
            "TemplateParam": json.dumps({"code": code}),
        }
        try:
            told = self._client.call("SendSms", VERSION, query)
        except ProviderRefused as error:
            raise _refusal(error.provider_code) from None
        if told.get("Code") != "OK":
            raise _refusal(str(told.get("Code")))


def _refusal(provider_code: str) -> AppError:
    # The provider's sentence is not repeated: it may hold the number.
    if provider_code in _LIMITS:
        return SmsCarrierLimit(provider_code)
    if provider_code in _NUMBERS:
        return SmsNumberRefused(provider_code)
    return SmsNotSent(provider_code, provider_code=provider_code)
