"""Identity numbers that were sealed under the file key ``data.key`` are sealed under the token's data key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Row, Table, func, select, update

from api.applications.identities import bound_to_holder, bound_to_legal_person
from api.applications.tables import revision
from api.db import Database
from api.enterprises.administration import legal_person_binding
from api.enterprises.tables import enterprise
from api.realname.id_numbers import UNDER_FILE_KEY, IdNumbers

_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of sealed identity numbers. ``bound_to``: what the one in a row is bound to."""

    column: Column[bytes | None]
    bound_to: Callable[[Row[Any]], str]

    @property
    def table(self) -> Table:
        """The column's table."""
        found: Table = self.column.table
        return found

    @property
    def is_older(self) -> ColumnElement[bool]:
        """The rows that are still under the file key."""
        return func.substr(self.column, 1, 1) == UNDER_FILE_KEY


SEALED: Final = (
    SealedColumn(revision.c.legal_person_id, lambda row: bound_to_legal_person(row.application_id)),
    SealedColumn(revision.c.holder_id, lambda row: bound_to_holder(row.application_id)),
    SealedColumn(enterprise.c.legal_person_id, lambda row: legal_person_binding(row.credit_code)),
)
"""Every column that had numbers before the token guarded the data key. Later ones never need it."""


def count_older(tx: Connection) -> int:
    """How many numbers are under the file key."""
    return sum(
        tx.execute(select(func.count()).select_from(one.table).where(one.is_older)).scalar_one()
        for one in SEALED
    )


def reseal(db: Database, seal: IdNumbers) -> int:
    """Seal all of them anew; how many. May be killed anywhere and run beside the service."""
    return sum(len(batch) for one in SEALED for batch in _batches(db, seal, one))


def _batches(db: Database, seal: IdNumbers, one: SealedColumn) -> Iterator[list[Row[Any]]]:
    while True:
        with db.write() as tx:
            rows = list(tx.execute(select(one.table).where(one.is_older).limit(_AT_ONCE)))
            for row in rows:
                _replace(tx, seal, one, row)
        if not rows:
            return
        yield rows


def _replace(tx: Connection, seal: IdNumbers, one: SealedColumn, row: Row[Any]) -> None:
    older, bound_to = row._mapping[one.column.name], one.bound_to(row)
    key = [column == row._mapping[column.name] for column in one.table.primary_key]
    newer = seal.seal(seal.open(older, bound_to), bound_to)
    # Only where it is still the same: the service may have written another number meanwhile.
    tx.execute(update(one.table).where(*key, one.column == older).values({one.column.name: newer}))
