"""What has become of a certificate: its states and the moves between them. Pure.

A suspended certificate (certificateHold) can be released; a revoked one stays revoked (RFC 5280, 5.3.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from ca.errors import StatusConflict

HOLD: Final = "certificate_hold"
COMPROMISE: Final = frozenset({"key_compromise", "ca_compromise", "aa_compromise"})
REASONS: Final = frozenset(
    {
        "unspecified",
        "key_compromise",
        "affiliation_changed",
        "superseded",
        "cessation_of_operation",
        "privilege_withdrawn",
    }
)
"""Why a subscriber's certificate may be revoked, as ``x509.ReasonFlags`` names it."""


class Standing(StrEnum):
    """Whether a certificate may be relied on, apart from its validity."""

    GOOD = "good"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


class Act(StrEnum):
    """What an operator can do to a certificate."""

    SUSPEND = "suspend"
    RELEASE = "release"
    REVOKE = "revoke"


MOVES: Final = {
    (Standing.GOOD, Act.SUSPEND): Standing.SUSPENDED,
    (Standing.SUSPENDED, Act.RELEASE): Standing.GOOD,
    (Standing.GOOD, Act.REVOKE): Standing.REVOKED,
    (Standing.SUSPENDED, Act.REVOKE): Standing.REVOKED,
}


@dataclass(frozen=True, slots=True)
class Revocation:
    """``at``: when it was revoked or suspended. ``invalidity_date``: since when the key is not to be trusted,
    where that is known (RFC 5280, 5.3.2)."""

    at: datetime
    reason: str
    invalidity_date: datetime | None = None


def move(standing: Standing, act: Act) -> Standing:
    """Where ``act`` leads. Raises StatusConflict."""
    try:
        return MOVES[standing, act]
    except KeyError:
        raise StatusConflict(f"a {standing} certificate: {act} is not possible", standing=standing) from None


def standing(revocation: Revocation | None) -> Standing:
    """Where a certificate stands."""
    if revocation is None:
        return Standing.GOOD
    return Standing.SUSPENDED if revocation.reason == HOLD else Standing.REVOKED
