"""What a sealing says of the document as a whole: how it is opened, and what may still change after it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Final

from ca.documents.errors import LockRefused

_MOST_FIELDS: Final = 200


class Changes(IntEnum):
    """What a certification still allows (DocMDP, ISO 32000-2, table 257)."""

    NONE = 1
    FORMS = 2
    """Filling in forms and signing."""
    NOTES = 3
    """These, and annotations."""


class LockKind(StrEnum):
    """Which fields of a form are locked (FieldMDP, ISO 32000-2, table 259)."""

    ALL = "all"
    INCLUDE = "include"
    EXCLUDE = "exclude"


@dataclass(frozen=True, slots=True)
class Lock:
    """The fields that nobody may change any more, by their full names. Raises LockRefused."""

    kind: LockKind
    fields: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.kind is LockKind.ALL) == bool(self.fields) or len(self.fields) > _MOST_FIELDS:
            raise LockRefused(f"{self.kind} with {len(self.fields)} names of fields")


@dataclass(frozen=True, slots=True)
class Terms:
    """``password``: of an encrypted document, its user's or its owner's. ``certify``: certify as its author,
    before anybody else signs. ``lock``: fields that this signature locks."""

    password: str | None = field(default=None, repr=False)
    certify: Changes | None = None
    lock: Lock | None = None


PLAIN: Final = Terms()
