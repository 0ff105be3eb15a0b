"""The kinds of scans: how people call them, what power each needs, what a browser hears. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from api.enterprises.rules import Permission
from api.platforms.rules import Scope
from mobile_bridge.server.rules import SessionKind

MOST_DOCUMENTS: Final = 50
MOST_PLACES: Final = 20
MOST_ENVELOPES: Final = 200
MOST_FACTS: Final = 20

KEPT: Final = timedelta(hours=24)
"""How long the platform can fetch a sealed document."""


@dataclass(frozen=True, slots=True)
class KindRule:
    """``permission``: what a clerk needs. ``statement_lifetime``: after which the answer says nothing any
    more, None where it is evidence and keeps its worth."""

    name: str
    permission: Permission
    asks_pin: bool = True
    needs_binding: bool = True
    statement_lifetime: timedelta | None = None


_SIGNED_IN: Final = timedelta(minutes=5)

KINDS: Final = {
    SessionKind.BIND: KindRule("绑定平台账号", Permission.LOGIN, needs_binding=False),
    SessionKind.LOGIN: KindRule(
        "登录交易平台", Permission.LOGIN, asks_pin=False, statement_lifetime=_SIGNED_IN
    ),
    SessionKind.TOOL_LOGIN: KindRule("投标工具认证", Permission.BID, statement_lifetime=_SIGNED_IN),
    SessionKind.SIGN: KindRule("文件签章", Permission.SEAL),
    SessionKind.GENERATE: KindRule("确认生成招标文件", Permission.SEAL),
    SessionKind.RECORD: KindRule("同步诚信库", Permission.RECORD),
    SessionKind.DEPOSIT: KindRule("递交投标文件", Permission.BID),
    SessionKind.DECRYPT: KindRule("开标解密", Permission.OPEN),
}
"""Every kind that a phone claims."""


def scope_of(kind: SessionKind) -> Scope:
    """What a platform must be registered for. Who may ask for bids to be opened may have it tried before."""
    return Scope.DECRYPT if kind is SessionKind.DEPOSIT else Scope(kind.value)


# An error whose own code is a hint needs no entry; of those named here the browser hears another word.
_HEARD_AS: Final = {
    "administrator_needed": "not_permitted",
    "no_longer_member": "not_permitted",
    "enterprise_differs": "not_permitted",
    "platform_suspended": "not_permitted",
    "certificate_not_for_signing": "certificate_invalid",
    "custody_is_lock": "certificate_invalid",
    "token_busy": "token_unavailable",
    "token_error": "token_unavailable",
    "key_not_found": "token_unavailable",
    "key_damaged": "token_unavailable",
}


def heard_as(code: str) -> str:
    """What the waiting page hears of an error that the phone was told with ``code``."""
    return _HEARD_AS.get(code, code)
