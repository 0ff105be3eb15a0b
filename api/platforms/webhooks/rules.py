"""When a webhook is tried again, and which addresses it may go to. Pure."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

KEPT: Final = timedelta(days=90)
"""How long what was told can be looked at."""

MOST_SECONDS: Final = 5.0
"""That a try may take, from the look-up of the name to the head of the answer."""

MOST_AT_ONCE: Final = 2
"""Tries of one platform at a time, in one process."""

TURN_PAUSE: Final = timedelta(seconds=2)
"""After which a try that found no turn is taken up again; it does not count."""

PAUSES: Final = tuple(timedelta(seconds=one) for one in (5, 30, 120, 600, 1800, 3600, 10800, 21600, 43200))
"""Before the second try, the third …: about a day in all."""

_GLOBAL: Final = IPv6Network("2000::/3")  # what IANA has given out for unicast (RFC 4291, section 2.4)
_NAT64: Final = IPv6Network("64:ff9b::/96")  # RFC 6052


class State(StrEnum):
    """How a webhook stands. GIVEN_UP: it may still be delivered when the platform asks."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


class Outcome(StrEnum):
    """How one try ended. Only DELIVERED, an answer 2xx, ends the tries."""

    DELIVERED = "delivered"
    REFUSED = "refused"  # another status than 2xx; a redirection is one
    TIMED_OUT = "timed_out"
    UNREACHABLE = "unreachable"
    TLS_FAILED = "tls_failed"
    NAME_UNKNOWN = "name_unknown"
    ADDRESS_REFUSED = "address_refused"  # it leads into a network that is not public
    ANSWER_INVALID = "answer_invalid"
    NO_CALLBACK = "no_callback"
    PLATFORM_SUSPENDED = "platform_suspended"
    NOT_SIGNED = "not_signed"  # the token was away


def body_of(scan: str, kind: str, status: str, hint: str, version: int, at: datetime) -> str:
    """What is told: JSON."""
    told = {"id": scan, "kind": kind, "status": status, "hint": hint, "version": version}
    return json.dumps(told | {"at": at.isoformat()}, ensure_ascii=False, separators=(",", ":"))


def next_try(attempts: int, now: datetime) -> datetime | None:
    """When to try again after ``attempts`` failures; None for never."""
    return now + PAUSES[attempts - 1] if attempts <= len(PAUSES) else None


def outcome_of(status: int) -> Outcome:
    """``status``: of the answer."""
    return Outcome.DELIVERED if 200 <= status < 300 else Outcome.REFUSED


def is_public(address: str) -> bool:
    """Whether everybody on the Internet means the same host by an address, and none of ours.

    Private, loopback, link-local (cloud metadata), shared, multicast and reserved addresses are not; nor is
    IPv6 that leads to IPv4 (mapped, 6to4, Teredo), except through NAT64 to a public one.
    """
    try:
        known = ip_address(address)
    except ValueError:  # with a zone, for instance: an address of a link
        return False
    if isinstance(known, IPv4Address):
        return known.is_global and not (known.is_multicast or known.is_reserved)
    if known in _NAT64:
        return is_public(str(IPv4Address(int(known) & 0xFFFFFFFF)))
    return known in _GLOBAL and known.is_global and not _leads_to_ipv4(known)


def _leads_to_ipv4(address: IPv6Address) -> bool:
    embedded = (address.ipv4_mapped, address.sixtofour, address.teredo)
    return any(one is not None for one in embedded)
