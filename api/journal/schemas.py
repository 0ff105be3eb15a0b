"""Entries of the journal as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import Field

from api.journal.search import Found
from api.wire import Answer
from ca.audit.event import Outcome


class Who(Answer):
    """Who acted: ``operator``, ``person`` (a masked number), ``machine`` or ``system``."""

    kind: str
    name: str


class EntryView(Answer):
    """One entry. ``sha256``: of its line, as the next entry names it."""

    node: str = Field(description="Whose chain it is in")
    number: int = Field(description="Its place in that chain, from 1")
    at: datetime
    who: Who
    address: str
    request: str = Field(description="X-Request-Id of the call")
    action: str = Field(examples=["certificate.revoked"])
    subject: str = Field(description="What it was done to, e.g. a serial number")
    outcome: Outcome
    code: str = Field(description="Of a refusal")
    detail: dict[str, str | int]
    sha256: str

    @classmethod
    def of(cls, found: Found) -> Self:
        """From its line."""
        told = found.told
        names = ("node", "at", "request", "action", "subject", "outcome", "code", "detail")
        return cls(
            **{name: told[name] for name in names},
            number=told["seq"],
            who=Who.model_validate(told["who"], from_attributes=False),
            address=told["from"],
            sha256=found.sha256,
        )


class EndView(Answer):
    """The end of a chain. What lies behind ``signed_to`` is signed within a minute."""

    node: str
    sequence: int
    sha256: str
    signed_to: int
    signed_at: datetime | None
    is_stamped: bool = Field(description="Whether the signature has a time stamp (RFC 3161)")
