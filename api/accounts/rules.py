"""The rules of signing in. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from api.accounts.errors import PasswordWeak, PhoneInvalid, RoleMissing, SmsTooSoon

CODE_DIGITS: Final = 6
CODE_TRIES: Final = 5
CODE_LIFETIME: Final = timedelta(minutes=5)
RESEND_AFTER: Final = timedelta(seconds=60)

PERSON_SESSION: Final = timedelta(days=7)
OPERATOR_SESSION: Final = timedelta(hours=12)

PASSWORD_TRIES: Final = 5
PASSWORD_PAUSE: Final = timedelta(minutes=5)
_SHORTEST_PASSWORD: Final = 10

# Mobile numbers of mainland China begin with 13 to 19; the country's prefix may be written before them.
_PHONE: Final = re.compile(r"(?:(?:\+|00)86)?(1[3-9][0-9]{9})")


class Role(StrEnum):
    """What an operator may do; one may have several."""

    REVIEWER = "reviewer"
    MANAGER = "manager"
    AUDITOR = "auditor"


ROLE_NAMES: Final = {Role.REVIEWER: "审核员", Role.MANAGER: "管理员", Role.AUDITOR: "审计员"}


def check_role(held: frozenset[Role], wanted: frozenset[Role]) -> None:
    """Raises RoleMissing unless one of the wanted roles is held."""
    if not held & wanted:
        names = "或".join(ROLE_NAMES[role] for role in Role if role in wanted)
        raise RoleMissing(f"one of {', '.join(sorted(wanted))} is needed", roles=names)


def check_phone(text: str) -> str:
    """The 11 digits of a mobile number; spaces and hyphens do not matter. Raises PhoneInvalid."""
    found = _PHONE.fullmatch(re.sub(r"[\s-]", "", text))
    if found is None:
        raise PhoneInvalid("11 digits of a mainland mobile number are expected")
    return found[1]


def mask_phone(phone: str) -> str:
    """138****1234: enough to know one's own number again."""
    return f"{phone[:3]}****{phone[-4:]}"


def check_resend(sent_at: datetime | None, now: datetime) -> None:
    """Raises SmsTooSoon while the last code is younger than ``RESEND_AFTER``."""
    if sent_at is None:
        return
    wait = sent_at + RESEND_AFTER - now
    if wait > timedelta(0):
        raise SmsTooSoon("a code was sent moments ago", wait_seconds=int(wait.total_seconds()) + 1)


def check_password(password: str) -> None:
    """Raises PasswordWeak."""
    if len(password) < _SHORTEST_PASSWORD:
        raise PasswordWeak(f"at least {_SHORTEST_PASSWORD} characters", least=_SHORTEST_PASSWORD)
