"""What follows from a move, in its own transaction: messages to the persons concerned, work to be done, and
money that is due or goes back.

Two tables say it; nothing else posts a message about an application.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from api.applications.kinds import NEEDS, ApplicationKind, Gives
from api.applications.model import Application
from api.applications.rules import ABANDONED_AFTER, NAMES, Status
from api.catalogue.queries import Product, find_product
from api.catalogue.rules import CertificateKind
from api.enterprises.administration import administrator_of
from api.enterprises.rules import ROLE_NAMES, Role, permission_text
from api.jobs.queue import enqueue
from api.messages.kinds import MessageKind
from api.messages.posting import post
from api.money import yuan
from api.payments import orders
from api.timezone import CHINA

CARRY_OUT: Final = "carry_out_application"
"""The job that gives what needs no download; payload: application."""

CHECK: Final = "check_application"
"""The job that makes the reviewers' machine checks; payload: application, revision, token (makes it once)."""

Reader = Callable[[Connection, Application], int | None]


def _applicant(_: Connection, moved: Application) -> int | None:
    return moved.person_id


def _administrator(tx: Connection, moved: Application) -> int | None:
    return administrator_of(tx, moved.enterprise.credit_code)


_APPROVED: Final = {
    ApplicationKind.CLAIM: MessageKind.CLAIM_APPROVED,
    ApplicationKind.JOIN: MessageKind.JOIN_APPROVED,
    ApplicationKind.PERSONAL: MessageKind.PERSONAL_APPROVED,
    ApplicationKind.RENEWAL: MessageKind.RENEWAL_APPROVED,
    ApplicationKind.CHANGE: MessageKind.CHANGE_APPROVED,
    ApplicationKind.PIN_RESET: MessageKind.PIN_RESET_APPROVED,
}

_TOLD: Final[dict[Status, tuple[MessageKind, Reader]]] = {
    Status.CONSENT: (MessageKind.JOIN_ASKED, _administrator),
    Status.DECLINED: (MessageKind.JOIN_DECLINED, _applicant),
    Status.RETURNED: (MessageKind.APPLICATION_RETURNED, _applicant),
    Status.REJECTED: (MessageKind.APPLICATION_FAILED, _applicant),
    Status.FAILED: (MessageKind.APPLICATION_NOT_DONE, _applicant),
    Status.EXPIRED: (MessageKind.APPLICATION_EXPIRED, _applicant),
}


_SOLD: Final = frozenset(
    {ApplicationKind.CLAIM, ApplicationKind.JOIN, ApplicationKind.PERSONAL, ApplicationKind.RENEWAL}
)
_FRUITLESS: Final = frozenset({Status.REJECTED, Status.WITHDRAWN, Status.EXPIRED, Status.FAILED})


def price_of(known: Application, product: Product) -> int:
    """What is to be paid before the download, in fen; 0 for what repairs a certificate that was sold."""
    return product.fee_fen if known.kind in _SOLD else 0


def follow(tx: Connection, moved: Application, now: datetime, *, consented: bool = False) -> None:
    """``moved``: as it stands after its move. ``consented``: the enterprise's administrator moved it."""
    if consented:
        _tell(tx, moved, MessageKind.JOIN_AGREED, moved.person_id, now)
    if moved.status is Status.APPROVED:
        if moved.kind in _APPROVED:
            _tell(tx, moved, _APPROVED[moved.kind], moved.person_id, now)
        if NEEDS[moved.kind].gives is not Gives.CERTIFICATE:
            payload = {"application": moved.id}
            enqueue(tx, CARRY_OUT, payload, run_at=now, key=f"{CARRY_OUT}:{moved.id}")
    elif moved.status in _TOLD:
        kind, reader = _TOLD[moved.status]
        if (person_id := reader(tx, moved)) is not None:
            _tell(tx, moved, kind, person_id, now)
    if moved.status is Status.SUBMITTED:
        what: dict[str, str | int] = {"application": moved.id, "revision": moved.revision}
        enqueue(tx, CHECK, what | {"token": secrets.token_hex(16)}, run_at=now)
    _settle(tx, moved, now)


def _settle(tx: Connection, moved: Application, now: datetime) -> None:
    """What is approved is to be paid; of what nothing comes the money goes back."""
    if moved.status is Status.APPROVED:
        product = find_product(tx, moved.product, moved.product_version)
        price = price_of(moved, product)
        orders.order_for(tx, moved.person_id, moved.id, price, product.name, now)
    elif moved.status in _FRUITLESS:
        orders.refund(tx, moved.id, moved.reason or NAMES[moved.status], now)


def _tell(tx: Connection, moved: Application, kind: MessageKind, person_id: int, now: datetime) -> None:
    post(tx, person_id, kind, now, application_id=moved.id, facts=_facts(tx, moved, now))


def _facts(tx: Connection, moved: Application, now: datetime) -> dict[str, str]:
    told = {"applicant": moved.holder_name}
    product = find_product(tx, moved.product, moved.product_version)
    told["product"] = product.name
    if moved.status is Status.APPROVED:
        if price := price_of(moved, product):
            told["amount"] = yuan(price)
        if product.kind is CertificateKind.ENTERPRISE:
            told["role"] = ROLE_NAMES[Role.ADMINISTRATOR]
    if moved.enterprise_name is not None:
        told["enterprise"] = moved.enterprise_name
    if moved.reason is not None:
        told["reason"] = moved.reason
    if moved.permissions:
        told["permissions"] = permission_text(moved.permissions)
    if moved.status in ABANDONED_AFTER:
        told["deadline"] = f"{(now + ABANDONED_AFTER[moved.status]).astimezone(CHINA):%Y年%m月%d日}"
    return told
