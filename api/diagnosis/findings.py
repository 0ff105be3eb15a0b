"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How grave a finding is. A fault keeps the service from working."""

    GOOD = "good"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding, in Chinese. ``advice``: what to do; empty when nothing is."""

    subject: str
    level: Level
    says: str
    advice: str = ""


def good(subject: str, says: str) -> Finding:
    """All is well."""
    return Finding(subject, Level.GOOD, says)


def warning(subject: str, says: str, advice: str) -> Finding:
    """Works, and should be looked at."""
    return Finding(subject, Level.WARNING, says, advice)


def fault(subject: str, says: str, advice: str) -> Finding:
    """Does not work."""
    return Finding(subject, Level.FAULT, says, advice)
