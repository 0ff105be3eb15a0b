"""What the provider says about orders, by notice or when asked, and the jobs that ask and tell it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from api.db import Database
from api.jobs.queue import Job, enqueue
from api.logs import log
from api.messages.kinds import MessageKind
from api.outside.payment import Cashier, Trade, TradeState
from api.payments import orders, queries
from api.payments.errors import PaymentDoubtful, WrongOrderMove
from api.payments.queries import Order
from api.payments.rules import Action, Status, is_over, next_look
from ca.audit.event import Action as Deed
from ca.audit.event import Event
from ca.audit.journal import Journal

_LATE: Final = "订单关闭后收到付款"
_MARGIN: Final = timedelta(seconds=30)


class Settling:
    """Brings orders to where the provider's trades are. Everything here may be done twice."""

    def __init__(
        self, db: Database, cashier: Cashier, clock: Callable[[], datetime], journal: Journal
    ) -> None:
        self._db = db
        self._cashier = cashier
        self._clock = clock
        self._journal = journal

    def notice(self, form: Sequence[tuple[str, str]]) -> None:
        """A notice of the provider's. Raises NoticeForged, NotFound, PaymentDoubtful."""
        self._paid(self._cashier.read_notice(form))

    def look(self, job: Job) -> None:
        """Ask how an order stands, in case that its notice is lost; and let it lapse at its time."""
        with self._db.read() as tx:
            known = queries.find(tx, job.text("order"))
        if known.status is not Status.CREATED:
            return
        trade = self._cashier.find(known.id)
        self._paid(trade)
        now = self._clock()
        with self._db.write() as tx:
            known = queries.find(tx, known.id)
            if known.status is not Status.CREATED:
                return
            if trade.state is TradeState.CLOSED or is_over(known.expires_at, now):
                orders.close(tx, known, orders.TIMED_OUT, now)
            else:
                look_again(tx, known, job.number("number") + 1, now)

    def close(self, job: Job) -> None:
        """Let nobody pay an order that was closed here; a payment that was a moment faster goes back."""
        with self._db.read() as tx:
            known = queries.find(tx, job.text("order"))
        if known.status is not Status.CLOSED:
            return
        trade = self._cashier.close(known.id)
        self._paid(trade)
        now = self._clock()
        if trade.state is TradeState.ABSENT and not is_over(known.expires_at, now) and known.expires_at:
            # Its page can still be opened: once more when it cannot.
            key = f"{orders.CLOSE}:{known.id}:over"
            with self._db.write() as tx:
                until = known.expires_at + _MARGIN
                enqueue(tx, orders.CLOSE, {"order": known.id}, run_at=until, key=key)
        elif trade.state is TradeState.WAITING:
            raise PaymentDoubtful(f"order {known.id} is still open at the provider")  # tried again

    def refund(self, job: Job) -> None:
        """Give the money of an order back."""
        with self._db.read() as tx:
            known = queries.find(tx, job.text("order"))
        if known.status is not Status.REFUNDING:
            return
        reason = known.reason or orders.WITHDRAWN
        self._cashier.refund(known.id, known.amount_fen, reason)
        now = self._clock()
        with self._db.write() as tx:
            queries.advance(tx, known, Action.FINISH_REFUND, now, refunded_at=now)
            orders.tell(tx, known, MessageKind.REFUNDED, now, reason)
            self._tell_journal(tx, Deed.PAYMENT_REFUNDED, known)

    def _paid(self, trade: Trade) -> None:
        """Take note of a payment, if there is one. Raises NotFound, PaymentDoubtful."""
        if trade.state is not TradeState.PAID:
            return
        for _ in range(3):  # who loses a race looks again: the order has moved, and the money is still there
            try:
                with self._db.write() as tx:
                    self._count(tx, trade)
            except WrongOrderMove:
                continue
            return
        raise PaymentDoubtful(f"order {trade.order} moves all the time")

    def _count(self, tx: Connection, trade: Trade) -> None:
        known, now = queries.find(tx, trade.order), self._clock()
        if trade.amount_fen != known.amount_fen:
            log.error("payment_amount_wrong", order=known.id, paid=trade.amount_fen, due=known.amount_fen)
            raise PaymentDoubtful(f"order {known.id} costs {known.amount_fen} fen, not {trade.amount_fen}")
        if known.status is Status.CREATED:
            queries.advance(tx, known, Action.PAY, now, trade_no=trade.number, paid_at=now)
            orders.tell(tx, known, MessageKind.PAID, now)
            self._tell_journal(tx, Deed.PAYMENT_RECEIVED, known)
        elif known.status is Status.CLOSED:
            log.warning("payment_late", order=known.id)
            orders.begin_refund(tx, known, Action.PAY_LATE, _LATE, now)
            self._tell_journal(tx, Deed.PAYMENT_RECEIVED, known)

    def _tell_journal(self, tx: Connection, deed: Deed, known: Order) -> None:
        detail: dict[str, str | int] = {"application": known.application_id, "fen": known.amount_fen}
        self._journal.append(tx, Event(deed, known.id, detail=detail))


def look_again(tx: Connection, known: Order, number: int, now: datetime) -> None:
    """Ask the provider about an order in a while, the ``number``-th time."""
    until = known.expires_at or now
    at = next_look(number, now, until + _MARGIN)
    key = f"{orders.LOOK}:{known.id}:{number}"
    enqueue(tx, orders.LOOK, {"order": known.id, "number": number}, run_at=at, key=key)
