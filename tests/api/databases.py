"""Both databases, with the newest schema, for tests below HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from api import migrations
from api.db import Database, make_engine


@contextmanager
def migrated(url: str) -> Iterator[Database]:
    engine = make_engine(url)
    try:
        migrations.upgrade(engine)
        yield Database(engine)
    finally:
        engine.dispose()
