"""Enrolments, as JSON."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.wire import Answer, Body


class NewEnrolment(Body):
    """For whom: the facts that the profile's subject is made of."""

    profile: str = Field(examples=["lock"])
    enterprise_name: str = Field(min_length=1, max_length=64)
    credit_code: str = Field(min_length=18, max_length=18)
    host: str | None = Field(None, max_length=64, examples=["bid.example.cn"])
    device: str | None = Field(None, max_length=64)
    validity_days: int | None = Field(None, ge=1)
    hours: int = Field(72, ge=1, le=720, description="How long the enrolment can be used")


class OpenedEnrolment(Answer):
    """User name and secret of one enrolment (HTTP Basic). The secret is told here and never again."""

    id: str
    secret: str
    expires_at: datetime
