"""Verifying the receipt of a deposit (扫码递交): what was handed in, that it can be opened, and when.

    statement = verify_statement(answer["statement"], started, trust)
    receipt = verify_receipt(answer, statement, trust)

Keep ``answer["deposit"]`` and ``answer["receipt"]`` with the bid: the time stamp proves both for years.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from mobile_bridge.canonical import canonical
from mobile_bridge.sdk.errors import NotVerified
from mobile_bridge.sdk.statements import Statement
from mobile_bridge.sdk.time_stamps import verify_time_stamp
from mobile_bridge.sdk.trust import Trust

DEPOSITED: Final = "deposited"


@dataclass(frozen=True, slots=True)
class DepositedEnvelope:
    """``status``: ``deposited``, or the code of why not. ``sha256``, ``size``: of the envelope's file.

    ``serial``: of the encryption certificate that opens it.
    """

    id: str
    title: str
    sha256: str
    size: int
    status: str
    serial: str | None

    @property
    def is_deposited(self) -> bool:
        """Whether the bidder's token has proved that it opens this envelope."""
        return self.status == DEPOSITED


@dataclass(frozen=True, slots=True)
class Receipt:
    """``stamped_at``: by the time stamper. ``deposit``: what it is over."""

    stamped_at: datetime
    envelopes: tuple[DepositedEnvelope, ...]
    deposit: Mapping[str, Any]

    @property
    def is_complete(self) -> bool:
        """Whether every envelope was deposited."""
        return all(one.is_deposited for one in self.envelopes)


def verify_receipt(answer: Mapping[str, Any], statement: Statement | None, trust: Trust) -> Receipt:
    """The receipt of an answer, or of ``deposit`` and ``receipt`` kept from one.

    ``statement``: must say the same, where it is given. Raises NotVerified.
    """
    deposit = answer.get("deposit")
    if not isinstance(deposit, Mapping):
        raise NotVerified("malformed", "there is no deposit in it")
    if statement is not None and canonical(statement["deposit"]) != canonical(deposit):
        raise NotVerified("other_scan", "the statement tells of another deposit")
    try:
        token = base64.b64decode(answer["receipt"], validate=True)
        envelopes = tuple(_envelope(one) for one in deposit["envelopes"])
    except (binascii.Error, KeyError, TypeError, ValueError) as error:
        raise NotVerified("malformed", "not a receipt") from error
    return Receipt(verify_time_stamp(token, canonical(deposit), trust), envelopes, deposit)


def _envelope(told: Mapping[str, Any]) -> DepositedEnvelope:
    return DepositedEnvelope(
        id=str(told["id"]),
        title=str(told["title"]),
        sha256=str(told["sha256"]),
        size=int(told["bytes"]),
        status=str(told["status"]),
        serial=told.get("serial"),
    )
