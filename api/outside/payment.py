"""What a provider of payments does for us, whoever it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol

from api.errors import AppError
from hsm.errors import Kind


class TradeState(StrEnum):
    """How an order stands at the provider. ABSENT: its page was never opened. CLOSED: nobody can pay it any
    more; also what was paid and wholly given back."""

    ABSENT = "absent"
    WAITING = "waiting"
    PAID = "paid"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Trade:
    """An order at the provider. ``number``: the provider's own. ``amount_fen``: what was to be paid."""

    order: str
    number: str
    state: TradeState
    amount_fen: int


class RefundPending(AppError):
    """The provider has taken the refund and has not made it yet."""

    kind = Kind.UNAVAILABLE
    code = "refund_pending"
    zh = "退款处理中"


class Cashier(Protocol):
    """One merchant at a provider. An order is known to both sides by our id; amounts are in fen.

    Every method but ``page`` and ``read_notice`` calls the provider and raises ProviderUnreachable (not known
    whether it acted), ProviderRefused, ProviderAnswerInvalid.
    """

    provider: ClassVar[str]

    def page(self, order: str, amount_fen: int, title: str, until: datetime) -> str:
        """The address on which a person pays. It may be opened often, and paid once, ``until`` then."""
        ...

    def find(self, order: str) -> Trade:
        """How the order stands."""
        ...

    def close(self, order: str) -> Trade:
        """Let nobody pay it any more; how it stands then, for it may have been paid a moment before."""
        ...

    def refund(self, order: str, amount_fen: int, reason: str) -> None:
        """Give everything back; asked again, it is given back once. Raises RefundPending."""
        ...

    def read_notice(self, form: Sequence[tuple[str, str]]) -> Trade:
        """What a notice says, which is the provider's and meant for this merchant. Raises NoticeForged."""
        ...
