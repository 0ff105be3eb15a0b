"""Ports of those who can say whether a name, a number and a person belong together."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Doubt(StrEnum):
    """Why a provider says no."""

    MISMATCH = "mismatch"
    NO_RECORD = "no_record"
    FACE_REFUSED = "face_refused"
    CARD_MISMATCH = "card_mismatch"
    CARD_UNUSABLE = "card_unusable"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is to be checked. ``card`` and ``mobile``: of a bank account, where the method asks for one."""

    name: str = field(repr=False)
    id_number: str = field(repr=False)
    card: str = field(default="", repr=False)
    mobile: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a provider says. ``doubt``: None when all belongs together. ``reference``: its own number of the
    check; ``answer``: its words as received, of which a digest is kept."""

    doubt: Doubt | None
    reference: str
    answer: str = field(repr=False)


class DirectCheck(Protocol):
    """Says it at once."""

    @property
    def provider(self) -> str:
        """Its name in the evidence."""
        ...

    def verify(self, subject: Subject) -> Verdict:
        """Raises ProviderUnreachable, ProviderRefused, ProviderAnswerInvalid."""
        ...


class FaceCheck(Protocol):
    """Looks at the person on a page of its own."""

    @property
    def provider(self) -> str:
        """Its name in the evidence."""
        ...

    def begin(self, number: str, subject: Subject, return_url: str) -> str:
        """Announce a check under our ``number`` (32 letters and digits); the provider's reference.

        Raises ProviderUnreachable, ProviderRefused, ProviderAnswerInvalid.
        """
        ...

    def page(self, reference: str, return_url: str) -> str:
        """The address at which the person shows the face."""
        ...

    def outcome(self, reference: str) -> Verdict | None:
        """What has come of it; None while nothing has. Raises as ``begin``."""
        ...
