"""Alembic's environment: runs on the connection that ``api.migrations`` hands over."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

from api.db import UtcDateTime
from api.schema import METADATAS


def _render(kind: str, item: Any, _: Any) -> str | Literal[False]:
    # A revision says what is in the database and does not change when our classes do.
    is_time = kind == "type" and type(item).__name__ == UtcDateTime.__name__
    return "sa.DateTime(timezone=True)" if is_time else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=list(METADATAS),
    render_item=_render,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
