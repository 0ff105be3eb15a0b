"""Certificates of the ledger, as JSON."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import AwareDatetime, Field, SecretStr

from api.registry.search import Wanted
from api.wire import Answer, Body
from ca.ledger import Entry
from ca.status import Standing, standing


class Reason(StrEnum):
    """Why a certificate is revoked (RFC 5280, section 5.3.1), as far as subscribers' certificates go."""

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "key_compromise"
    AFFILIATION_CHANGED = "affiliation_changed"
    SUPERSEDED = "superseded"
    CESSATION_OF_OPERATION = "cessation_of_operation"
    PRIVILEGE_WITHDRAWN = "privilege_withdrawn"


class Revocation(Body):
    """``invalidity_date``: since when the key is not to be trusted, where that is known."""

    reason: Reason
    invalidity_date: AwareDatetime | None = Field(None, examples=["2026-11-20T08:00:00Z"])


class SearchRequest(Body):
    """What to look for; all that is told must fit. ``serial``: its beginning, four digits or more."""

    credit_code: str | None = Field(None, min_length=18, max_length=18)
    serial: str | None = Field(None, max_length=60, examples=["5f3a"])
    person_name: str | None = Field(None, min_length=1, max_length=40, examples=["李四光"])
    id_number: SecretStr | None = Field(None, max_length=40)
    standing: Standing | None = None

    def wanted(self) -> Wanted:
        """As the service takes it."""
        return Wanted(
            credit_code=self.credit_code,
            serial=self.serial,
            person_name=self.person_name,
            id_number=None if self.id_number is None else self.id_number.get_secret_value(),
            standing=self.standing,
        )


class RegisteredCertificate(Answer):
    """A row of the ledger. ``serial``: hexadecimal. ``standing``: good, suspended or revoked."""

    serial: str
    issuer: str
    profile: str
    subject: str
    state: str
    standing: Standing
    not_before: datetime
    not_after: datetime
    issued_at: datetime | None
    revoked_at: datetime | None
    reason: str | None
    invalidity_date: datetime | None
    replaces: str | None
    credit_code: str | None

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """The view of a row."""
        return cls(
            serial=f"{entry.serial:x}",
            issuer=entry.issuer,
            profile=entry.profile,
            subject=entry.subject,
            state=entry.state,
            standing=standing(entry.revocation),
            not_before=entry.not_before,
            not_after=entry.not_after,
            issued_at=entry.issued_at,
            revoked_at=entry.revoked_at,
            reason=entry.reason,
            invalidity_date=entry.invalidity_date,
            replaces=None if entry.replaces is None else f"{entry.replaces:x}",
            credit_code=entry.credit_code,
        )
