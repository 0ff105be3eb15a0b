"""The rules of signing in. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv6Address, ip_address
from itertools import pairwise
from typing import Final

from api.accounts.errors import PasswordCommon, PasswordWeak, PhoneInvalid, RoleMissing, SmsTooSoon

CODE_DIGITS: Final = 6
CODE_TRIES: Final = 5  # from one address
CODE_TRIES_ALL: Final = 20  # from all, so that a stranger's guesses do not use up the owner's
CODE_LIFETIME: Final = timedelta(minutes=5)
RESEND_AFTER: Final = timedelta(seconds=60)

CHALLENGE: Final = timedelta(minutes=5)
ACCESS: Final = timedelta(hours=1)
PERSON_SESSION: Final = timedelta(days=30)  # from its last renewal
OPERATOR_SESSION: Final = timedelta(hours=8)
SEEN_EVERY: Final = timedelta(minutes=2)  # so often is "last seen" written, at most
FRESH: Final = timedelta(minutes=10)  # a sign-in by code so young proves the number again
SESSIONS_EACH: Final = 20
ADDRESS_KNOWN: Final = timedelta(days=90)
DEVICE_KNOWN: Final = timedelta(days=400)

SHORTEST_OPERATOR_PASSWORD: Final = 10
SHORTEST_PASSWORD: Final = 8

# Mobile numbers of mainland China begin with 13 to 19; the country's prefix may be written before them.
_PHONE: Final = re.compile(r"(?:(?:\+|00)86)?(1[3-9][0-9]{9})")


class Scope(StrEnum):
    """What the tokens of a session open; they open nothing else."""

    APP = "app"
    REMOTE_SIGNING = "csc"
    """The remote signing interface alone: signing software reads no messages and changes no account."""


class Purpose(StrEnum):
    """What a code is for; it serves nothing else."""

    SIGN_IN = "sign_in"
    PASSWORD = "password"  # noqa: S105 - to set or reset one
    PHONE = "phone"  # to change the number: one to the old, one to the new


@dataclass(frozen=True, slots=True)
class Pace:
    """``burst`` acts at once, then one in ``every``. After the last of them it is at rest again by itself:
    whoever reaches the limit waits ``every`` and never longer."""

    burst: int
    every: timedelta

    def spend(self, until: datetime | None, now: datetime) -> tuple[datetime, timedelta]:
        """(new ``until``, how long to wait; zero when the act may be done). ``until``: when all acts of
        before are forgotten (the theoretical arrival time of GCRA, ITU-T I.371)."""
        after = max(until or now, now) + self.every
        return after, max(after - now - self.every * self.burst, timedelta(0))

    def spent(self, until: datetime, now: datetime) -> int:
        """How many acts ``until`` stands for."""
        return max(0, -(-(until - now) // self.every))


# Strangers and the owner of a number do not draw on one account: who signed in from an address before has one
# of their own there. One address alone cannot use up what a number has for strangers.
CODES_TO_NUMBER: Final = Pace(5, timedelta(hours=2))
CODES_TO_OWNER: Final = Pace(5, timedelta(hours=2))
CODES_TO_NUMBER_FROM_ADDRESS: Final = Pace(3, timedelta(hours=4))
CODES_FROM_ADDRESS: Final = Pace(60, timedelta(minutes=1))
TRIES_FROM_ADDRESS: Final = Pace(60, timedelta(minutes=1))  # of codes and passwords; many share an address
TRIES_OF_CODE: Final = Pace(CODE_TRIES, CODE_LIFETIME)
TRIES_OF_PASSWORD: Final = Pace(5, timedelta(minutes=5))
TRIES_OF_OPERATOR: Final = Pace(50, timedelta(minutes=1))  # for one name, from all addresses


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


def seconds(wait: timedelta) -> int:
    """Whole seconds, rounded up, for people who wait."""
    return -(-wait // timedelta(seconds=1))


def network_of(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 that a household has of IPv6 (RFC 6177).

    Nothing for this machine itself: it stands for a proxy that does not tell whom it speaks for, and a limit
    would shut everybody out.
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is None:
            return "" if found.is_loopback else found.exploded[:19]
        found = found.ipv4_mapped
    return "" if found.is_loopback else str(found)


def check_resend(sent_at: datetime | None, now: datetime) -> None:
    """Raises SmsTooSoon while the last code is younger than ``RESEND_AFTER``."""
    if sent_at is None:
        return
    wait = sent_at + RESEND_AFTER - now
    if wait > timedelta(0):
        raise SmsTooSoon("a code was sent moments ago", wait_seconds=int(wait.total_seconds()) + 1)


def check_operator_password(password: str) -> None:
    """Raises PasswordWeak."""
    if len(password) < SHORTEST_OPERATOR_PASSWORD:
        least = SHORTEST_OPERATOR_PASSWORD
        raise PasswordWeak(f"at least {least} characters", least=least)


def check_password(password: str, phone: str, common: frozenset[str]) -> None:
    """A person's new password. ``common``: lower-case passwords that everybody tries first.

    Raises PasswordWeak (too short), PasswordCommon. No rules of composition: NIST SP 800-63B, 3.1.1.2.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise PasswordWeak(f"at least {SHORTEST_PASSWORD} characters", least=SHORTEST_PASSWORD)
    plain = password.casefold()
    if plain in common or phone in plain or len(set(plain)) < 4 or _is_run(plain):
        raise PasswordCommon("among the first that anybody would try")


def _is_run(text: str) -> bool:
    # 12345678, abcdefgh, 87654321
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    return len(steps) == 1
