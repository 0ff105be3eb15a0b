"""New databases with the newest schema: migrated once a run, and copied from then on."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import Engine, create_engine, text

from api import migrations
from api.db import make_engine

_TEMPLATE = "newest_schema"


def bring_up(engine: Engine) -> None:
    """Give an empty database the newest schema; one that has a schema is migrated."""
    if engine.dialect.name == "postgresql":
        _copy_on_postgresql(engine)
        return
    there = Path(engine.url.database or "")
    if there.exists() and there.stat().st_size:
        migrations.upgrade(engine)
    else:
        shutil.copyfile(_sqlite_template(), there)


@cache
def _sqlite_template() -> Path:
    path = Path(tempfile.mkdtemp(prefix="sealbridge-schema-")) / "a.db"
    engine = make_engine(f"sqlite:///{path}")
    migrations.upgrade(engine)
    engine.dispose()
    return path


def _copy_on_postgresql(engine: Engine) -> None:
    _migrate_template(str(engine.url.set(database=_TEMPLATE)), str(engine.url.set(database="postgres")))
    name = engine.url.database
    admin = create_engine(engine.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}"'))
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{_TEMPLATE}" STRATEGY file_copy'))
    admin.dispose()


@cache
def _migrate_template(url: str, admin_url: str) -> None:
    admin = create_engine(admin_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{_TEMPLATE}"'))
    admin.dispose()
    engine = make_engine(url)
    migrations.upgrade(engine)
    engine.dispose()
