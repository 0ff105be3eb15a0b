"""Who may be bound to what, and who ends it. Pure."""

from __future__ import annotations

from enum import StrEnum


class EndedBy(StrEnum):
    """Who ended a binding."""

    PERSON = "person"
    PLATFORM = "platform"
    RENEWED = "renewed"  # the same user was bound to the same person again


def is_same(person_id: int, credit_code: str | None, other_id: int, other_code: str | None) -> bool:
    """Whether a new binding of a user may take the place of the one in force."""
    return (person_id, credit_code) == (other_id, other_code)
