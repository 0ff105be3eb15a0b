"""查询企业: a stranger who knows name and code sees enough to join, and nobody can find out who is there."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from api.accounts import persons
from api.accounts.rules import mask_phone
from api.accounts.sessions import Person
from api.accounts.tables import person as person_table
from api.db import Database
from api.enterprises.errors import EnterpriseNotFound
from api.enterprises.rules import DAY, check_lookups, compared_name
from api.enterprises.tables import enterprise, lookup, membership
from api.realname.rules import mask_name
from ca.identifiers import check_credit_code

_KNOWN: Final = (
    select(
        enterprise.c.name,
        enterprise.c.credit_code,
        enterprise.c.legal_person,
        membership.c.person_name,
        person_table.c.phone,
    )
    .join(person_table, person_table.c.id == enterprise.c.administrator_id)
    .join(
        membership,
        (membership.c.credit_code == enterprise.c.credit_code)
        & (membership.c.person_id == enterprise.c.administrator_id)
        & membership.c.until.is_(None),
    )
)


@dataclass(frozen=True, slots=True)
class FoundEnterprise:
    """What a stranger may see; names and phone are masked."""

    name: str
    credit_code: str
    legal_person: str
    administrator_name: str
    administrator_phone: str


class Lookups:
    """Looking up enterprises to join."""

    def __init__(self, db: Database, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._clock = clock

    def look_up(self, person: Person, name: str, credit_code: str) -> FoundEnterprise:
        """The enterprise with this name and this code.

        A wrong name, a wrong code and an enterprise that is not here answer alike, after the same work; each
        counts against the person's limit. Raises InvalidCreditCode (nobody can have it), LookupsUsedUp,
        EnterpriseNotFound.
        """
        wanted = check_credit_code(credit_code)
        with self._db.write() as tx:
            count_lookup(tx, person.id, self._clock())
        with self._db.read() as tx:
            row = tx.execute(_KNOWN.where(enterprise.c.credit_code == wanted)).one_or_none()
        known, given = (compared_name(one).encode() for one in ("" if row is None else row.name, name))
        if not hmac.compare_digest(known, given) or row is None:
            raise EnterpriseNotFound("no enterprise with this name and code")
        return FoundEnterprise(
            name=row.name,
            credit_code=row.credit_code,
            legal_person=mask_name(row.legal_person or ""),
            administrator_name=mask_name(row.person_name or ""),
            administrator_phone=mask_phone(row.phone),
        )


def count_lookup(tx: Connection, person_id: int, now: datetime) -> None:
    """Count whatever tells a person whether an enterprise is here. Raises LookupsUsedUp."""
    persons.lock(tx, person_id)
    mine = lookup.c.person_id == person_id
    tx.execute(delete(lookup).where(mine, lookup.c.at <= now - DAY))
    check_lookups(tx.execute(select(lookup.c.at).where(mine)).scalars().all(), now)
    tx.execute(insert(lookup).values(person_id=person_id, at=now))
