"""Bringing a database to the schema of this version (Alembic)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from api.errors import InternalError

_LOCK = 0x5EA1B81D  # any number that no other program locks


def upgrade(engine: Engine, to: str = "head") -> None:
    """Apply every revision that is missing, in one transaction; a second caller waits and finds it done.

    ``to``: a revision to stop at. Raises InternalError when a row would be left without the row it names.
    """
    with engine.connect() as connection:
        connection = connection.execution_options(sealbridge_writes=True)
        with _unhindered(connection), connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            before = _heads(connection)
            command.upgrade(_config(connection), to)
            if _heads(connection) != before:
                _check_references(connection)


def is_current(engine: Engine) -> bool:
    """Whether the database has the schema of this version."""
    with engine.connect() as connection:
        return _heads(connection) == set(ScriptDirectory.from_config(_config(None)).get_heads())


def _heads(connection: Connection) -> set[str]:
    return set(MigrationContext.configure(connection).get_current_heads())


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", "api:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@contextmanager
def _unhindered(connection: Connection) -> Iterator[None]:
    """On SQLite, without its watch over foreign keys: a table is altered by putting a new one in its place,
    and while its rows are away those that name them would be refused (https://sqlite.org/lang_altertable.html,
    section 7). The switch does nothing inside a transaction, hence around it."""
    raw = connection.connection.dbapi_connection
    if connection.dialect.name != "sqlite" or raw is None:
        yield
        return
    raw.cursor().execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        raw.cursor().execute("PRAGMA foreign_keys=ON")


def _check_references(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    orphans = connection.execute(text("PRAGMA foreign_key_check")).all()
    if orphans:
        tables = sorted({str(row[0]) for row in orphans})
        raise InternalError(f"rows that name missing rows in {', '.join(tables)}; the schema stays as it was")
