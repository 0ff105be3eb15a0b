"""The database: SQLite embedded or PostgreSQL, with explicit reading and writing transactions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Engine, MetaData, create_engine, event
from sqlalchemy.engine import make_url

from ca.tables import UtcDateTime

__all__ = ["Database", "UtcDateTime", "make_engine", "metadata"]

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""The tables of this package; those of ``ca`` and ``mobile_bridge`` are in metadata of their own."""

_BUSY_SECONDS: Final = 15.0
_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # a certificate that was answered must survive a power cut
    "PRAGMA foreign_keys=ON",
)


def make_engine(url: str, pool_size: int = 20) -> Engine:
    """An engine for ``sqlite:///…`` or ``postgresql://…`` (psycopg 3). Errors never show parameters."""
    target = make_url(url)
    if target.drivername in ("postgres", "postgresql"):
        target = target.set(drivername="postgresql+psycopg")
    is_sqlite = target.get_backend_name() == "sqlite"
    options: dict[str, Any] = {"connect_args": {"timeout": _BUSY_SECONDS}} if is_sqlite else {}
    engine = create_engine(
        target,
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=not is_sqlite,
        **options,
    )
    if is_sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


class Database:
    """Transactions on one engine. A service's verb opens one; its queries are given the connection."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that writes nothing."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is committed at the end of the block, rolled back when anything is raised.

        Never hold one while a token signs or ``ca`` writes its ledger: SQLite has one writer at a time.
        """
        with self.engine.connect() as connection:
            connection = connection.execution_options(sealbridge_writes=True)
            with connection.begin():
                yield connection


def _prepare_sqlite(raw: Any, _record: Any) -> None:
    # The driver would begin transactions by itself, late and never IMMEDIATE.
    raw.isolation_level = None
    cursor = raw.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock at once: one that begins as a reader and then writes cannot be made to wait
    # for another writer, it fails (SQLITE_BUSY_SNAPSHOT).
    writes = connection.get_execution_options().get("sealbridge_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN DEFERRED")
