"""Who has a case. Two reviewers never decide one unknowingly: each decision holds a claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from api.accounts.sessions import Operator
from api.accounts.tables import operator
from api.review.errors import CaseClaimed, ClaimNeeded
from api.review.rules import lease_until
from api.review.tables import claim


@dataclass(frozen=True, slots=True)
class Claim:
    """A case in somebody's hands until ``expires_at``."""

    application_id: str
    operator_id: int
    operator: str
    claimed_at: datetime
    expires_at: datetime


def take(tx: Connection, application_id: str, by: Operator, now: datetime) -> Claim:
    """Claim a case that nobody has, or renew one's own. Raises CaseClaimed: of two, one is the first."""
    row = _row(application_id, by.id, now)
    free = or_(claim.c.expires_at <= now, claim.c.operator_id == by.id)
    begun = _insert(tx).values(row)
    taken = begun.on_conflict_do_update(index_elements=[claim.c.application_id], set_=row, where=free)
    if tx.execute(taken.returning(claim.c.application_id)).first() is None:
        raise _refusal(tx, application_id, by, now)
    return Claim(application_id, by.id, by.name, now, lease_until(now))


def give(tx: Connection, application_id: str, to: Operator, now: datetime) -> Claim | None:
    """The case is this operator's now, whoever had it; returns the claim that this ended."""
    before = of(tx, application_id, now)
    row = _row(application_id, to.id, now)
    begun = _insert(tx).values(row)
    tx.execute(begun.on_conflict_do_update(index_elements=[claim.c.application_id], set_=row))
    return before


def hold(tx: Connection, application_id: str, by: Operator, now: datetime) -> None:
    """Renew one's own claim, and keep everybody from taking it over until the transaction ends.

    Raises ClaimNeeded without one in force, CaseClaimed when another has it.
    """
    mine = claim.c.application_id == application_id, claim.c.operator_id == by.id
    renewed = update(claim).where(*mine, claim.c.expires_at > now).values(expires_at=lease_until(now))
    if tx.execute(renewed).rowcount != 1:
        raise _refusal(tx, application_id, by, now)


def release(tx: Connection, application_id: str, by: Operator, now: datetime) -> None:
    """Give a case back. Raises ClaimNeeded, CaseClaimed."""
    hold(tx, application_id, by, now)
    drop(tx, application_id)


def drop(tx: Connection, application_id: str) -> None:
    """The case is nobody's any more."""
    tx.execute(delete(claim).where(claim.c.application_id == application_id))


def of(tx: Connection, application_id: str, now: datetime) -> Claim | None:
    """Who has this case."""
    return of_all(tx, [application_id], now).get(application_id)


def of_all(tx: Connection, application_ids: Sequence[str], now: datetime) -> dict[str, Claim]:
    """Who has which of these cases; those that nobody has are left out."""
    columns = (claim.c.application_id, claim.c.operator_id, operator.c.name)
    asked = select(*columns, claim.c.claimed_at, claim.c.expires_at)
    asked = asked.join_from(claim, operator, operator.c.id == claim.c.operator_id)
    live = asked.where(claim.c.application_id.in_(application_ids), claim.c.expires_at > now)
    rows: list[Row[Any]] = list(tx.execute(live))
    return {row.application_id: _read(row) for row in rows}


def _read(row: Row[Any]) -> Claim:
    return Claim(row.application_id, row.operator_id, row.name, row.claimed_at, row.expires_at)


def _row(application_id: str, operator_id: int, now: datetime) -> dict[str, Any]:
    whose = {"application_id": application_id, "operator_id": operator_id}
    return whose | {"claimed_at": now, "expires_at": lease_until(now)}


def _refusal(tx: Connection, application_id: str, by: Operator, now: datetime) -> CaseClaimed | ClaimNeeded:
    holds = of(tx, application_id, now)
    if holds is None or holds.operator_id == by.id:
        return ClaimNeeded("no claim in force")
    return CaseClaimed(holds.operator, holds.expires_at)


def _insert(tx: Connection) -> Any:
    return (postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert)(claim)
