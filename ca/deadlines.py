"""What ends when: the CA's own certificates and lists, so that somebody is warned in time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509

_YEAR: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Deadline:
    """``name``: of the certificate or list. ``warn_from``: when somebody should begin to act."""

    name: str
    ends: datetime
    warn_from: datetime

    def is_due(self, now: datetime) -> bool:
        """Whether it is time to act."""
        return now >= self.warn_from

    def left(self, now: datetime) -> timedelta:
        """Until the end; negative after it."""
        return self.ends - now


def of_authority(name: str, certificate: x509.Certificate) -> Deadline:
    """A CA: its successor must issue before it lives shorter than what it issues, so a year ahead."""
    ends = certificate.not_valid_after_utc
    begins = certificate.not_valid_before_utc
    return Deadline(name, ends, ends - min(_YEAR, (ends - begins) / 3))


def of_own(name: str, certificate: x509.Certificate) -> Deadline:
    """A certificate that renews itself when a third is left: at a quarter it has evidently not."""
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return Deadline(name, ends, ends - (ends - begins) / 4)


def of_list(name: str, this_update: datetime, next_update: datetime) -> Deadline:
    """A list that is made anew well before its end: at a quarter it has evidently not."""
    return Deadline(name, next_update, next_update - (next_update - this_update) / 4)


def due(deadlines: Iterable[Deadline], now: datetime) -> list[Deadline]:
    """What somebody must act upon, the nearest first."""
    return sorted((one for one in deadlines if one.is_due(now)), key=lambda one: one.ends)
