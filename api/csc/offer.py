"""What this service says of itself (``info``), in Chinese and in English."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

METHODS: Final = [
    "info",
    "auth/login",
    "auth/revoke",
    "credentials/list",
    "credentials/info",
    "credentials/authorize",
    "signatures/signHash",
    "signatures/timestamp",
]
REGION: Final = "CN"
LOGO: Final = "/csc/logo.png"
_CHINESE, _ENGLISH = "zh-CN", "en-US"
_DESCRIPTIONS: Final = {
    _CHINESE: "用手机证书远程签名：密钥在密码设备中，由持有人的 PIN 码控制。",
    _ENGLISH: "Remote signatures by certificates on the phone: keys stay in a token under the holder's PIN.",
}
PIN_WORDS: Final = {
    _CHINESE: ("PIN 码", "请输入证书的 PIN 码"),
    _ENGLISH: ("PIN", "The PIN of the certificate"),
}


def language(asked: str | None) -> str:
    """Chinese, unless English is asked for (RFC 4647, section 3.4)."""
    return _ENGLISH if (asked or "").lower().partition("-")[0] == "en" else _CHINESE


def description(lang: str) -> str:
    """What this service does."""
    return _DESCRIPTIONS[lang]


@cache
def logo() -> bytes:
    """A PNG, as the specification wants it."""
    return files("api.csc").joinpath("logo.png").read_bytes()
