"""Who may do what for an enterprise, and what strangers may see of it. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from api.enterprises.errors import LookupsUsedUp, NotPermitted


class Role(StrEnum):
    """What a member is: 管理员, of whom there is one, or 办事人员."""

    ADMINISTRATOR = "administrator"
    CLERK = "clerk"


ROLE_NAMES: Final = {Role.ADMINISTRATOR: "管理员", Role.CLERK: "办事人员"}


class Permission(StrEnum):
    """What a clerk may do in the enterprise's name (seed, section 七.2)."""

    LOGIN = "login"
    SEAL = "seal"
    BID = "bid"
    OPEN = "open"
    RECORD = "record"


PERMISSION_NAMES: Final = {
    Permission.LOGIN: "登录交易平台",
    Permission.SEAL: "签章",
    Permission.BID: "制作与加密投标文件",
    Permission.OPEN: "开标解密",
    Permission.RECORD: "同步诚信库",
}
"""How people call each permission."""


class Ending(StrEnum):
    """How a membership ended."""

    LEFT = "left"
    REMOVED = "removed"
    HANDED_OVER = "handed-over"
    PROMOTED = "promoted"  # a clerk who became the administrator
    RELEASED = "released"  # the account was given free for another person
    REPLACED = "replaced"  # by another administrator whom the registration authority approved


LOOKUPS_AN_HOUR: Final = 10
LOOKUPS_A_DAY: Final = 30
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)


def is_permitted(role: Role, permissions: Iterable[str], asked: Permission) -> bool:
    """Whether a member may do this: an administrator everything, a clerk what was granted."""
    return role is Role.ADMINISTRATOR or asked in set(permissions)


def check_permitted(role: Role | None, permissions: Iterable[str], asked: Permission) -> None:
    """``role``: None of somebody who is no member. Raises NotPermitted."""
    if role is None or not is_permitted(role, permissions, asked):
        raise NotPermitted(f"the permission {asked} is missing", permission=PERMISSION_NAMES[asked])


def sorted_permissions(asked: Collection[Permission]) -> list[str]:
    """Each once, in the order in which people read them."""
    return [one.value for one in Permission if one in asked]


def permission_text(permissions: Iterable[str]) -> str:
    """As messages say them: 登录交易平台、签章; 无 without any."""
    granted = set(permissions)
    return "、".join(name for one, name in PERMISSION_NAMES.items() if one in granted) or "无"


def check_lookups(recent: Collection[datetime], now: datetime) -> None:
    """``recent``: when this person looked up enterprises in the last day. Raises LookupsUsedUp."""
    for span, most in ((HOUR, LOOKUPS_AN_HOUR), (DAY, LOOKUPS_A_DAY)):
        within = sorted(at for at in recent if at > now - span)
        if len(within) >= most:
            wait = within[-most] + span - now
            raise LookupsUsedUp("too many lookups", wait_seconds=int(wait.total_seconds()) + 1)


def compared_name(name: str) -> str:
    """An enterprise's name as it is compared: without spaces, full-width signs as narrow ones."""
    return "".join(unicodedata.normalize("NFKC", name).split())
