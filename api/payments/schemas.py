"""Orders as people receive them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy import Row

from api.payments.queries import Order, made
from api.payments.rules import NAMES, Status


class OrderShown(BaseModel):
    """An order. ``amount_fen``: 分, whole."""

    id: str = Field(examples=["P202611240f3a9c1d2b7e4a68"])
    application_id: str
    amount_fen: int = Field(examples=[20000])
    title: str
    status: Status
    status_name: str = Field(examples=["待支付"])
    reason: str | None = Field(description="Why it was closed or the money goes back")
    created_at: datetime
    expires_at: datetime | None = Field(
        description="Until when the page can be paid; null before it is opened"
    )
    paid_at: datetime | None
    refunded_at: datetime | None

    @classmethod
    def of(cls, known: Order) -> Self:
        """From an order."""
        told = {name: getattr(known, name) for name in Order.__slots__ if name in cls.model_fields}
        return cls(**told, status_name=NAMES[known.status])

    @classmethod
    def of_row(cls, row: Row[Any]) -> Self:
        """From its row."""
        return cls.of(made(row))


class CheckoutShown(BaseModel):
    """Where to pay."""

    order: OrderShown
    pay_url: str = Field(description="Open it in the browser or the Alipay app; good until `expires_at`")


class OrderEvent(BaseModel):
    """One thing that happened to an order."""

    at: datetime
    action: str
    status: Status
    note: str | None


class OrderDossier(BaseModel):
    """An order for operators, with its history."""

    order: OrderShown
    person_id: int
    trade_no: str | None = Field(description="The provider's number")
    events: list[OrderEvent]


class RefundAsked(BaseModel):
    """Why the money goes back."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=100)]
    revoke: bool = Field(False, description="Revoke what was downloaded for it; needed where anything was")
