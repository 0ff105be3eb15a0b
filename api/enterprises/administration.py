"""Who administers an enterprise."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from api.enterprises.tables import enterprise


def appoint(tx: Connection, credit_code: str, name: str, person_id: int, now: datetime) -> None:
    """Make a person the administrator; the registration authority has approved it (seed, section 六).

    A later approval replaces the earlier administrator, as the form signed by the enterprise says.
    """
    mine = enterprise.c.credit_code == credit_code
    values = {"name": name, "administrator_id": person_id, "since": now}
    if tx.execute(select(enterprise.c.credit_code).where(mine)).first() is None:
        tx.execute(insert(enterprise).values(credit_code=credit_code, **values))
    else:
        tx.execute(update(enterprise).where(mine).values(values))


def administrator_of(tx: Connection, credit_code: str) -> int | None:
    """The administrator's person id, None while the enterprise has no certificate."""
    asked = select(enterprise.c.administrator_id).where(enterprise.c.credit_code == credit_code)
    return tx.execute(asked).scalar_one_or_none()
