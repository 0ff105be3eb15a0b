"""Bids that wait for a certificate: the classic disaster is a renewal after which nobody thinks of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from api.applications.tables import application
from api.certificates.queries import Holding
from api.certificates.rules import Purpose
from api.certificates.tables import holding
from api.messages.kinds import MessageKind
from api.messages.posting import post
from api.openings.deposits import Waiting, waiting
from api.timezone import CHINA


def bids_waiting(tx: Connection, halves: Sequence[Holding], now: datetime) -> Waiting | None:
    """Deposited bids to the encryption half among these that are still to be opened."""
    serials = [one.serial for one in halves if one.purpose is Purpose.ENCRYPTION]
    return next(iter(waiting(tx, serials, now).values()), None)


def bids_before(tx: Connection, serial: str, now: datetime) -> Waiting | None:
    """Those to the certificate that the signing certificate ``serial`` follows. A half that went on with the
    new one is no longer beside the old one."""
    former = holding.alias("former")
    asked = (
        select(former.c.encryption_serial)
        .select_from(holding.join(application))
        .join(former, former.c.serial == application.c.serial)
        .where(holding.c.serial == serial)
    )
    serials = [str(one) for one in tx.execute(asked).scalars() if one is not None]
    return next(iter(waiting(tx, serials, now).values()), None)


def tell_of_bids(tx: Connection, person_id: int, serial: str, now: datetime) -> None:
    """Warn the holder of the signing certificate ``serial``, which has just followed another."""
    bids = bids_before(tx, serial, now)
    if bids is None:
        return
    facts = {
        "count": str(bids.count),
        "project": f"{bids.title}（{bids.number}）",
        "begins": f"{bids.opens_at.astimezone(CHINA):%Y年%m月%d日 %H:%M}",
    }
    key = f"{MessageKind.UNOPENED_BIDS}:{bids.serial}"
    post(tx, person_id, MessageKind.UNOPENED_BIDS, now, serial=bids.serial, facts=facts, key=key)
