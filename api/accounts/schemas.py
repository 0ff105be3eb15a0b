"""Signing in, as JSON."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.wire import Answer, Body


class PhoneNumber(Body):
    """Where a code is to be sent."""

    phone: str = Field(max_length=24, examples=["13800001234"])


class CodeSent(Answer):
    """How long the code lives, and when the next may be asked for; seconds."""

    expires_in: int
    resend_after: int


class PhoneSignIn(Body):
    """A number with the code that it received."""

    phone: str = Field(max_length=24, examples=["13800001234"])
    code: str = Field(pattern=r"^[0-9]{6}$", examples=["042137"])


class OperatorSignIn(Body):
    """An operator's name and password."""

    name: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=256)


class SessionOpened(Answer):
    """Send the token in ``Authorization: Bearer …``; it is not shown again."""

    token: str
    expires_at: datetime
