"""支付 by the person who applied, and refunds by operators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, Row

from api.accounts.sessions import Operator, Person
from api.db import Database
from api.errors import NotFound
from api.outside.payment import Cashier
from api.paging import PageRequest, Part
from api.payments import orders, queries
from api.payments.errors import RefundNeedsRevocation, WrongOrderMove
from api.payments.queries import Order
from api.payments.rules import NAMES, PAGE_LIFETIME, Action, Status, is_over
from api.payments.settling import look_again
from ca.audit.event import Action as Deed
from ca.audit.event import Event
from ca.audit.journal import Journal


@dataclass(frozen=True, slots=True)
class Checkout:
    """An order with the address of its page."""

    order: Order
    pay_url: str


class Sold(Protocol):
    """What was downloaded for orders, in the slice above."""

    def in_force(self, tx: Connection, application_id: str, now: datetime) -> list[str]:
        """Serials of what can still be used."""
        ...

    def revoke(self, tx: Connection, serials: list[str], now: datetime) -> None:
        """With the caller's transaction, or by a job of it."""
        ...


class Payments:
    """Orders of applications. The first four are for other slices, in transactions of their own."""

    order_for = staticmethod(orders.order_for)
    is_paid = staticmethod(orders.is_paid)
    require_paid = staticmethod(orders.require_paid)
    refund = staticmethod(orders.refund)

    def __init__(
        self, db: Database, cashier: Cashier, sold: Sold, clock: Callable[[], datetime], journal: Journal
    ) -> None:
        self._db = db
        self._sold = sold
        self._cashier = cashier
        self._clock = clock
        self._journal = journal

    def check_out(self, person: Person, application_id: str) -> Checkout:
        """The page on which a person pays for an application; an order that lapsed is made anew.

        Raises NotFound (nothing is to be paid, or somebody else's), WrongOrderMove (paid, or given back).
        """
        now = self._clock()
        with self._db.write() as tx:
            known = self._payable(tx, _own(tx, person, application_id), now)
            until = known.expires_at or now + PAGE_LIFETIME
            if queries.open_page(tx, known, until):
                known = replace(known, expires_at=until)
                look_again(tx, known, 0, now)
        return Checkout(known, self._cashier.page(known.id, known.amount_fen, known.title, until))

    def order_of(self, person: Person, application_id: str) -> Order:
        """The order of a person's own application. Raises NotFound."""
        with self._db.read() as tx:
            return _own(tx, person, application_id)

    def listed(self, page: PageRequest, status: Status | None, application_id: str | None) -> Part[Row[Any]]:
        """Everybody's orders, for operators."""
        with self._db.read() as tx:
            return queries.listed(tx, page, status, application_id)

    def dossier(self, order_id: str) -> tuple[Order, list[Row[Any]]]:
        """An order and what happened to it. Raises NotFound."""
        with self._db.read() as tx:
            return queries.find(tx, order_id), queries.events(tx, order_id)

    def give_back(self, operator: Operator, order_id: str, reason: str, *, revoke: bool = False) -> Order:
        """退款 by an operator, who answers for it. ``revoke``: what was downloaded for it, as it must be.

        Raises NotFound, WrongOrderMove, RefundNeedsRevocation.
        """
        now = self._clock()
        with self._db.write() as tx:
            known = queries.find(tx, order_id)
            orders.begin_refund(tx, known, Action.REFUND, reason, now)
            # Now that the order has moved, no download can be recorded under it any more.
            serials = self._sold.in_force(tx, known.application_id, now)
            if serials and not revoke:
                raise RefundNeedsRevocation("a certificate was downloaded for this order")
            self._sold.revoke(tx, serials, now)
            detail: dict[str, str | int] = {"by": operator.name, "reason": reason, "fen": known.amount_fen}
            if serials:
                detail["revoked"] = ",".join(serials)
            self._journal.append(tx, Event(Deed.PAYMENT_REFUND_ORDERED, known.id, detail=detail))
            return queries.find(tx, order_id)

    @staticmethod
    def _payable(tx: Connection, known: Order, now: datetime) -> Order:
        if known.status is Status.CREATED and is_over(known.expires_at, now):
            orders.close(tx, known, orders.TIMED_OUT, now)
            known = queries.find(tx, known.id)
        if known.status is Status.CREATED:
            return known
        if not queries.is_closed_for(tx, known, orders.TIMED_OUT):
            raise WrongOrderMove("it is not to be paid", status=known.status, status_name=NAMES[known.status])
        about = known.person_id, known.application_id, known.amount_fen, known.title
        again = orders.order_for(tx, *about, now)
        if again is None:
            raise NotFound("nothing is to be paid")
        return again


def _own(tx: Connection, person: Person, application_id: str) -> Order:
    known = queries.newest(tx, application_id)
    if known is None or known.person_id != person.id:
        raise NotFound("nothing is to be paid for such an application")
    return known
