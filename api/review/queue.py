"""Queues and searches: each page is read along an index from where it begins, then its rows by their numbers.

So a page costs the same however long the queue is. An index for each filter is kept for one status at a time,
which is why filters ask for one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, exists, func, select

from api.applications import queries
from api.applications.kinds import ApplicationKind
from api.applications.model import Application
from api.applications.rules import Status
from api.applications.tables import application
from api.paging import PageRequest, Part, fetch
from api.review import claims
from api.review.claims import Claim
from api.review.errors import StatusNeeded
from api.review.rules import MOST_COUNTED, WAITING, Assigned
from api.review.tables import claim

_LAST: Final = "\U0010ffff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a queue shows. ``authority``: code of the CA of the catalogue."""

    status: Status | None = None
    kind: ApplicationKind | None = None
    product: str | None = None
    authority: str | None = None
    assigned: Assigned = Assigned.ALL


@dataclass(frozen=True, slots=True)
class Queued:
    """An application in a list, and who has it."""

    application: Application
    claim: Claim | None


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are; ``more``: that it was not counted further."""

    number: int
    more: bool


def listed(
    tx: Connection, filters: Filters, operator_id: int, now: datetime, page: PageRequest
) -> Part[Queued]:
    """Those that wait longest first. Raises StatusNeeded."""
    by_status = (filters.kind, filters.product, filters.authority)
    needs_status = any(one is not None for one in by_status) or filters.assigned is Assigned.NOBODY
    if filters.status is None and filters.assigned is not Assigned.MINE and needs_status:
        raise StatusNeeded("filters go with a status")
    order = (application.c.updated_at, application.c.id)
    return _page(tx, asked(filters, operator_id, now), order, now, page)


def asked(filters: Filters, operator_id: int, now: datetime) -> Select[Any]:
    """The positions of a queue's rows, not yet in order."""
    chosen = select(application.c.updated_at, application.c.id)
    if filters.assigned is Assigned.MINE:
        mine = (claim.c.operator_id == operator_id) & (claim.c.expires_at > now)
        chosen = chosen.join(claim, claim.c.application_id == application.c.id)
        chosen = chosen.where(mine, application.c.status.in_(WAITING))
    elif filters.assigned is Assigned.NOBODY:
        live = (claim.c.application_id == application.c.id) & (claim.c.expires_at > now)
        chosen = chosen.where(~exists().where(live))
    for name in ("status", "kind", "product", "authority"):
        if (value := getattr(filters, name)) is not None:
            chosen = chosen.where(application.c[name] == value)
    return chosen


def by_number(tx: Connection, number: str, now: datetime, page: PageRequest) -> Part[Queued]:
    """The application of this number, in a list."""
    found = select(application.c.updated_at, application.c.id).where(application.c.id == number.upper())
    return _page(tx, found, (application.c.updated_at, application.c.id), now, page)


def by_credit_code(tx: Connection, code: str, now: datetime, page: PageRequest) -> Part[Queued]:
    """Everything about an enterprise, oldest first."""
    found = select(application.c.updated_at, application.c.id)
    found = found.where(application.c.credit_code == code.upper())
    return _page(tx, found, (application.c.updated_at, application.c.id), now, page)


def by_name(tx: Connection, prefix: str, now: datetime, page: PageRequest) -> Part[Queued]:
    """Enterprises whose names begin so, by name."""
    name = application.c.enterprise_name
    return _page(tx, named(prefix), (name, application.c.id), now, page)


def named(prefix: str) -> Select[Any]:
    """The positions of enterprises whose names begin so."""
    name = application.c.enterprise_name
    return select(name, application.c.id).where(name >= prefix, name < prefix + _LAST)


def counts(tx: Connection, operator_id: int, now: datetime) -> dict[str, Count]:
    """How long each queue is, counted up to MOST_COUNTED."""
    wanted = {status.value: Filters(status=status) for status in (*WAITING, Status.RETURNED)}
    wanted |= {"mine": Filters(assigned=Assigned.MINE)}
    for status in WAITING:
        wanted[f"{status}.{Assigned.NOBODY}"] = Filters(status=status, assigned=Assigned.NOBODY)
        wanted |= {f"{status}.{kind}": Filters(status=status, kind=kind) for kind in ApplicationKind}
    return {name: _count(tx, asked(one, operator_id, now)) for name, one in wanted.items()}


def _count(tx: Connection, chosen: Select[Any]) -> Count:
    some = chosen.limit(MOST_COUNTED + 1).subquery()
    number = int(tx.execute(select(func.count()).select_from(some)).scalar_one())
    return Count(min(number, MOST_COUNTED), number > MOST_COUNTED)


def _page(
    tx: Connection,
    chosen: Select[Any],
    order: Sequence[ColumnElement[Any]],
    now: datetime,
    page: PageRequest,
) -> Part[Queued]:
    part = fetch(tx, chosen, page, order, newest_first=False)
    ids = [row.id for row in part.rows]
    held = claims.of_all(tx, ids, now)
    return Part([Queued(one, held.get(one.id)) for one in queries.of_ids(tx, ids)], part.last)
