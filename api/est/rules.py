"""What may be enrolled by a machine. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from api.errors import RequestInvalid

MACHINE_PROFILES: Final = frozenset({"lock", "platform"})
"""Profiles for keys that were made elsewhere and whose holder is a machine."""

LONGEST: Final = timedelta(days=30)
"""How long an enrolment waits at most."""


def check_profile(profile: str) -> str:
    """Raises RequestInvalid for a profile that is not for machines."""
    if profile not in MACHINE_PROFILES:
        raise RequestInvalid(f"profile: one of {', '.join(sorted(MACHINE_PROFILES))}", fields="profile")
    return profile
