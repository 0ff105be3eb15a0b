"""Lists of openings: a bidder's own, an operator's, and one with its bids for its platform."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select

from api.accounts.sessions import Person
from api.db import Database
from api.openings import deposits, queries
from api.openings.deposits import Deposit
from api.openings.queries import Opening
from api.openings.tables import deposit, opening
from api.paging import PageRequest, Part, fetch
from api.platforms.tables import platform


@dataclass(frozen=True, slots=True)
class Listed:
    """An opening in a list, with those of its bids that the list is about."""

    opening: Opening
    platform_name: str
    deposits: tuple[Deposit, ...]


class OpeningLists:
    """Reads them."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def of_bidder(self, person: Person, page: PageRequest) -> Part[Listed]:
        """Openings for which the person has deposited bids, the latest end first; with these bids."""
        mine = select(deposit.c.opening_id).where(deposit.c.person_id == person.id)
        with self._db.read() as tx:
            found = _listed(tx, opening.c.id.in_(mine), page)
            return found.map(lambda one: _with_bids(tx, one, person.id))

    def of_everybody(self, page: PageRequest, after: datetime | None = None) -> Part[Listed]:
        """All openings, the latest end first; without bids. ``after``: those that end after it."""
        with self._db.read() as tx:
            return _listed(tx, opening.c.closes_at >= after if after else opening.c.id == opening.c.id, page)

    def of_platform(self, platform_id: str, number: str) -> Listed:
        """One opening with all of its bids. Raises OpeningUnknown."""
        with self._db.read() as tx:
            known = queries.required(tx, platform_id, number)
            return Listed(known, "", tuple(deposits.of_opening(tx, known.id)))


def _listed(tx: Connection, which: ColumnElement[bool], page: PageRequest) -> Part[Listed]:
    columns = [opening.c[name] for name in Opening.__slots__]
    asked = select(*columns, platform.c.name.label("platform_name")).join(platform).where(which)
    found = fetch(tx, asked, page, (opening.c.closes_at, opening.c.id))
    return found.map(
        lambda row: Listed(
            Opening(**{name: getattr(row, name) for name in Opening.__slots__}), row.platform_name, ()
        )
    )


def _with_bids(tx: Connection, one: Listed, person_id: int) -> Listed:
    return Listed(one.opening, one.platform_name, tuple(deposits.of_opening(tx, one.opening.id, person_id)))
