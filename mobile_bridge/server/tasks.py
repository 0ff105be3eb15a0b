"""The port through which a session reaches what is to be signed. The application side implements it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """What the lock's holder must see: who asks, for which enterprise, for what."""

    site: str
    title: str
    applicant_name: str
    applicant_phone_masked: str
    enterprise_name: str
    credit_code: str


class ApprovalTasks(Protocol):
    """Documents that wait for the signature of a company's lock. ``subject`` names one of them.

    No transaction of the bridge is open during these calls. Refusals are SealBridgeErrors; their ``kind``
    tells whether trying again may help (busy, unavailable, internal).
    """

    def facts(self, subject: str) -> TaskFacts:
        """The facts of a document."""
        ...

    def prepare(self, subject: str, certificate_der: bytes, now: datetime) -> bytes:
        """Check the lock's certificate; the PDF prepared for its signature."""
        ...

    def accept(self, subject: str, document: bytes, cms: bytes, now: datetime) -> str:
        """Verify ``cms`` against ``document`` (what ``prepare`` gave), embed it and keep the result.

        Returns the SHA-256 of the signed document, hexadecimal. ``now`` is when the answer came. May be
        called again with the same arguments, even at the same time, and must then answer the same:
        after a crash nobody knows whether the first call got through.
        """
        ...
