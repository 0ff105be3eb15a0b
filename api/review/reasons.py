"""Templates of reasons: what reviewers choose from, and managers keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects import postgresql, sqlite

from api.review.errors import ReasonChanged, ReasonUnknown
from api.review.rules import Verdict
from api.review.tables import reason


@dataclass(frozen=True, slots=True)
class Reason:
    """A template. ``in_use``: whether it may be chosen. ``version`` counts its changes, from 1."""

    code: str
    verdict: Verdict
    text: str
    in_use: bool
    version: int
    changed_by: str
    changed_at: datetime


def every(tx: Connection) -> list[Reason]:
    """All of them, also those no longer used, by code."""
    return [_read(row) for row in tx.execute(select(reason).order_by(reason.c.code))]


def chosen(tx: Connection, verdict: Verdict, codes: Sequence[str]) -> list[Reason]:
    """The templates of these codes, in this order. Raises ReasonUnknown."""
    usable = select(reason).where(reason.c.code.in_(codes), reason.c.verdict == verdict, reason.c.in_use)
    found = {row.code: _read(row) for row in tx.execute(usable)}
    for code in codes:
        if code not in found:
            raise ReasonUnknown(f"no template {code!r} for {verdict}", reason=code)
    return [found[code] for code in dict.fromkeys(codes)]


def put(tx: Connection, new: Reason) -> None:
    """Store a template in place of the version before ``new.version``, or the first one.

    Raises ReasonChanged when the present version is another.
    """
    row: dict[str, Any] = {name: getattr(new, name) for name in Reason.__slots__}
    if new.version == 1:
        begin: Any = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
        put_in = begin(reason).values(row).on_conflict_do_nothing().returning(reason.c.code)
        done = tx.execute(put_in).first() is not None
    else:
        present = reason.c.code == new.code, reason.c.version == new.version - 1
        done = tx.execute(update(reason).where(*present).values(row)).rowcount == 1
    if not done:
        raise ReasonChanged("another version is in force")


def _read(row: Row[Any]) -> Reason:
    return Reason(**dict(row._mapping) | {"verdict": Verdict(row.verdict)})
