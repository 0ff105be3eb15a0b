"""What other slices ask of orders, in their own transactions."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from api.jobs.queue import enqueue
from api.messages.kinds import MessageKind
from api.messages.posting import post
from api.money import yuan
from api.payments import queries
from api.payments.errors import PaymentNeeded
from api.payments.queries import Order
from api.payments.rules import IN_FORCE, Action, Status
from api.payments.tables import order

CLOSE, LOOK, REFUND = "payments.close", "payments.look", "payments.refund"
"""The jobs of orders."""

WITHDRAWN = "申请已结束"
TIMED_OUT = "支付超时"


def order_for(
    tx: Connection, person_id: int, application_id: str, amount_fen: int, title: str, now: datetime
) -> Order | None:
    """The order that an application is paid by, made at the first time; None where nothing is to be paid."""
    if amount_fen <= 0:
        return None
    known = queries.newest(tx, application_id)
    if known is not None and known.status in IN_FORCE:
        return known
    return _make(tx, person_id, application_id, amount_fen, title, now)


def is_paid(tx: Connection, application_id: str, *, hold: bool = False) -> bool:
    """Whether an application's order is paid and not on its way back.

    ``hold``: in a writing transaction, have whoever would give the money back wait for its end.
    """
    paid = order.c.application_id == application_id, order.c.status == Status.PAID
    asked = select(order.c.id).where(*paid).limit(1)
    if hold:
        asked = asked.with_for_update(read=True)
    return tx.execute(asked).first() is not None


def require_paid(tx: Connection, application_id: str, amount_fen: int, *, hold: bool = False) -> None:
    """Raises PaymentNeeded where something is to be paid and is not. ``hold``: as above."""
    if amount_fen > 0 and not is_paid(tx, application_id, hold=hold):
        raise PaymentNeeded(f"application {application_id} is not paid")


def refund(tx: Connection, application_id: str, reason: str, now: datetime) -> bool:
    """Nothing comes of an application: what was paid goes back, what was not can be paid no more.

    Returns whether money goes back. The provider is called by a job, so it may be called in any transaction,
    and again.
    """
    queries.bury(tx, application_id, TIMED_OUT, reason[:200])
    known = queries.newest(tx, application_id)
    if known is None or known.status not in (Status.CREATED, Status.PAID):
        return False
    if known.status is Status.CREATED:
        close(tx, known, reason, now)
        return False
    begin_refund(tx, known, Action.REFUND, reason, now)
    return True


def close(tx: Connection, known: Order, reason: str, now: datetime) -> None:
    """The order can be paid no more; the provider is told by a job. Raises WrongOrderMove."""
    queries.advance(tx, known, Action.CLOSE, now, note=reason, reason=reason[:200])
    if known.expires_at is not None:  # a page that nobody opened is not known to the provider
        enqueue(tx, CLOSE, {"order": known.id}, run_at=now, key=f"{CLOSE}:{known.id}")


def begin_refund(tx: Connection, known: Order, action: Action, reason: str, now: datetime) -> None:
    """The money goes back, by a job. Raises WrongOrderMove."""
    queries.advance(tx, known, action, now, note=reason, reason=reason[:200])
    enqueue(tx, REFUND, {"order": known.id}, run_at=now, key=f"{REFUND}:{known.id}")
    tell(tx, known, MessageKind.REFUND_BEGUN, now, reason)


def tell(tx: Connection, known: Order, kind: MessageKind, now: datetime, reason: str = "") -> None:
    """Tell the person who pays, once for each kind."""
    facts = {
        "amount": yuan(known.amount_fen),
        "product": known.title,
        "reason": reason,
    }
    key = f"{kind}:{known.id}"
    post(tx, known.person_id, kind, now, application_id=known.application_id, facts=facts, key=key)


def _make(
    tx: Connection, person_id: int, application_id: str, amount_fen: int, title: str, now: datetime
) -> Order:
    new = Order(
        id=f"P{now:%Y%m%d}{secrets.token_hex(8)}",
        application_id=application_id,
        person_id=person_id,
        amount_fen=amount_fen,
        title=title[:128],
        status=Status.CREATED,
        reason=None,
        trade_no=None,
        created_at=now,
        expires_at=None,
        paid_at=None,
        refunded_at=None,
    )
    try:
        with tx.begin_nested():
            queries.add(tx, new)
    except IntegrityError:  # another request made one in the same moment
        known = queries.newest(tx, application_id)
        if known is None:
            raise
        return known
    return new
