"""Rows of holdings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, desc, insert, select

from api.certificates.tables import holding
from api.errors import NotFound


@dataclass(frozen=True, slots=True)
class Holding:
    """A certificate in somebody's hands. ``serial``: lower-case hexadecimal."""

    serial: str
    application_id: str
    person_id: int
    enterprise_name: str
    credit_code: str
    custody: str
    key_label: str
    issued_at: datetime


def add(tx: Connection, new: Holding) -> None:
    """Store a holding."""
    tx.execute(insert(holding).values({name: getattr(new, name) for name in Holding.__slots__}))


def of_person(tx: Connection, person_id: int) -> list[Holding]:
    """A person's certificates, newest first."""
    asked = select(holding).where(holding.c.person_id == person_id)
    ordered = asked.order_by(desc(holding.c.issued_at), holding.c.serial)
    return [Holding(**row) for row in tx.execute(ordered).mappings()]


def of_enterprise(tx: Connection, credit_code: str) -> list[Holding]:
    """An enterprise's certificates, newest first, whoever holds them."""
    asked = select(holding).where(holding.c.credit_code == credit_code)
    ordered = asked.order_by(desc(holding.c.issued_at), holding.c.serial)
    return [Holding(**row) for row in tx.execute(ordered).mappings()]


def find_own(tx: Connection, serial: str, person_id: int) -> Holding:
    """A person's own certificate. Raises NotFound, for somebody else's too."""
    mine = (holding.c.serial == serial.lower()) & (holding.c.person_id == person_id)
    row = tx.execute(select(holding).where(mine)).mappings().one_or_none()
    if row is None:
        raise NotFound("no such certificate")
    return Holding(**row)
