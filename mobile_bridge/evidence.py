"""The log of an opening as both sides keep it: events in a chain, each with a digest of its own.

    link(0)  = SHA-256 of the canonical opening: {"format", "platform", "number"}
    link(n)  = SHA-256 of link(n-1) followed by the digest of event n
    digest   = SHA-256 of the event in canonical JSON

Whoever is shown a part of the log gets the digests of the other events, so that it can still be seen that
nothing is missing, changed or put in between. Each event has a random ``salt``: its digest tells nothing
about it. Standard library only.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from mobile_bridge.canonical import canonical

FORMAT: Final = "sealbridge-opening-evidence/1"

SUBJECT: Final = "opening-evidence"
"""``sub`` of the statement that signs the head of a chain."""


class ChainBroken(ValueError):
    """The events are not those whose last link was signed. ``number``: of the first that does not fit."""

    def __init__(self, detail: str, number: int) -> None:
        super().__init__(detail)
        self.number = number


@dataclass(frozen=True, slots=True)
class Chain:
    """What the events up to ``count`` come down to. ``head``: hexadecimal."""

    count: int
    head: str


def first_link(platform: str, number: str) -> str:
    """Where the chain of an opening begins. ``platform``: its id; ``number``: of the tender."""
    return hashlib.sha256(canonical({"format": FORMAT, "platform": platform, "number": number})).hexdigest()


def new_event(number: int, at: datetime, what: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """An event, as it is digested. ``at``: aware; told in UTC to the microsecond."""
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    return {**facts, "number": number, "at": moment, "what": what, "salt": secrets.token_hex(16)}


def digest_of(event: Mapping[str, Any]) -> str:
    """SHA-256 of an event, hexadecimal. Of one that is not shown, what stands in its place."""
    if "digest" in event:
        return str(event["digest"])
    return hashlib.sha256(canonical(event)).hexdigest()


def next_link(before: str, digest: str) -> str:
    """The link after ``before``."""
    return hashlib.sha256(bytes.fromhex(before) + bytes.fromhex(digest)).hexdigest()


def hidden(event: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in the place of an event that somebody else is not shown."""
    return {"number": event["number"], "digest": digest_of(event)}


def check_chain(begin: str, events: Iterable[Mapping[str, Any]], signed: Chain) -> None:
    """The events from the first on lead to what was signed. Raises ChainBroken."""
    link, count = begin, 0
    for count, event in enumerate(events, 1):
        if event.get("number") != count:
            raise ChainBroken(f"event {count} is numbered {event.get('number')!r}", count)
        try:
            link = next_link(link, digest_of(event))
        except (ValueError, TypeError) as error:
            raise ChainBroken(f"event {count} has no digest", count) from error
    if count != signed.count:
        raise ChainBroken(f"{count} events are there, {signed.count} were signed", count + 1)
    if not hmac.compare_digest(link, signed.head):
        raise ChainBroken("the events are not those that were signed", count)
