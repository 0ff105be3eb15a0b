"""Options that several commands have, and the settings they lead to."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from sqlalchemy import Engine

from api.errors import ConfigurationRefused
from api.settings import Settings
from ca.audit.journal import Journal

Data = Annotated[
    Path | None,
    typer.Option("--data", help="数据目录（默认 ./var，或 SEALBRIDGE_DATA_DIR）", show_default=False),
]


def settings_of(data: Path | None, **others: Any) -> Settings:
    """The environment's settings, with what the command line says in their place.

    Raises ConfigurationRefused, naming the settings at fault and never their values.
    """
    given = {"data_dir": data, **others}
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as exc:
        faults = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in exc.errors())
        raise ConfigurationRefused(faults, reason=faults) from None


def journal_of(settings: Settings, engine: Engine) -> Journal:
    """Where a command tells what it did."""
    return Journal(engine, settings.node, lambda: datetime.now(UTC))
