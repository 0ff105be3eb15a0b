"""Both databases, with the newest schema, for tests below HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from api.db import Database, make_engine
from api.idempotency.tables import call
from api.jobs.tables import job
from api.messages.tables import message
from api.payments.tables import event, order
from tests.support.schemas import bring_up

_EMPTIED: Final = (event, order, call, job, message)


@contextmanager
def migrated(url: str) -> Iterator[Database]:
    engine = make_engine(url)
    try:
        bring_up(engine)
        yield Database(engine)
    finally:
        engine.dispose()


def emptied(db: Database) -> Database:
    """A migrated database that several tests share: without what they leave in tables that stand alone."""
    with db.write() as tx:
        for table in _EMPTIED:
            tx.execute(table.delete())
    return db
