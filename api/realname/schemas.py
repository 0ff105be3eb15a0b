"""Real-name checks, as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import Field

from api.realname.id_numbers import mask_id_number
from api.realname.rules import NAMES, REASONS, Method, Reason, Status, mask_name
from api.realname.service import Standing, State
from api.wire import Answer, Body


class NewCheck(Body):
    """Who one is. ``bank_card`` and ``bank_phone`` (the number that the bank knows): for ``bank-card``."""

    method: Method
    name: str = Field(max_length=64, examples=["李晓明"])
    id_number: str = Field(max_length=24, examples=["371300198001010014"])
    bank_card: str = Field("", max_length=32, examples=["6222021234567890128"])
    bank_phone: str = Field("", max_length=24, examples=["13800001234"])


class CheckView(Answer):
    """A check. ``page``: open it in a browser or in Alipay; ``reason``: a stable code, told in ``message``.

    ``other_phone``: the account that has this identity, masked, when the reason is ``identity_in_use``.
    """

    id: str
    method: Method
    status: Status
    status_name: str
    reason: Reason | None
    message: str | None
    page: str | None
    other_phone: str | None
    name: str
    id_number: str
    started_at: datetime
    ends_at: datetime

    @classmethod
    def of(cls, state: State) -> Self:
        """From a check and what goes with it."""
        one = state.check
        return cls(
            id=one.id,
            method=one.method,
            status=one.status,
            status_name=NAMES[one.status],
            reason=one.reason,
            message=None if one.reason is None else REASONS[one.reason],
            page=state.page,
            other_phone=state.other,
            name=mask_name(one.name),
            id_number=mask_id_number(state.id_number),
            started_at=one.started_at,
            ends_at=one.ends_at,
        )


class StandingView(Answer):
    """Whether the person is verified, and what can be chosen. ``attempts_left``: in these 24 hours."""

    verified: bool
    method: Method | None
    name: str | None
    id_number: str | None
    verified_at: datetime | None
    expires_at: datetime | None
    methods: list[Method]
    attempts_left: int

    @classmethod
    def of(cls, standing: Standing, methods: list[Method]) -> Self:
        """From what is known of a person."""
        one = standing.identity
        return cls(
            verified=one is not None,
            method=None if one is None else one.method,
            name=None if one is None else mask_name(one.name),
            id_number=None if standing.id_number is None else mask_id_number(standing.id_number),
            verified_at=None if one is None else one.verified_at,
            expires_at=None if one is None else one.expires_at,
            methods=methods,
            attempts_left=standing.attempts_left,
        )
