"""Runs of the machine checks, as rows. Nothing of an earlier run is changed or lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, desc, select
from sqlalchemy.dialects import postgresql, sqlite

from api.review.tables import check_run


class Outcome(StrEnum):
    """What a check says. ATTENTION: somebody must look. NOT_POSSIBLE: it could not be made."""

    PASSED = "passed"
    ATTENTION = "attention"
    FAILED = "failed"
    NOT_POSSIBLE = "not-possible"


@dataclass(frozen=True, slots=True)
class Result:
    """One check. ``code`` is stable; ``zh`` is read by reviewers. ``facts``: no identity numbers."""

    code: str
    outcome: Outcome
    zh: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """All checks of a version, made together. ``version``: of the checks. ``asked_by``: an operator, None
    where the submission asked."""

    revision: int
    asked_by: str | None
    version: int
    done_at: datetime
    results: list[Result]


def keep(tx: Connection, token: str, application_id: str, run: Run) -> None:
    """Store a run; one with a ``token`` that is there is the same job done again."""
    begin: Any = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    row = {"token": token, "application_id": application_id, "revision": run.revision}
    row |= {"asked_by": run.asked_by, "version": run.version, "done_at": run.done_at}
    row["results"] = [asdict(one) for one in run.results]
    tx.execute(begin(check_run).values(row).on_conflict_do_nothing())


def newest(tx: Connection, application_id: str, revision: int) -> Run | None:
    """The last run of a version."""
    mine = check_run.c.application_id == application_id, check_run.c.revision == revision
    row = tx.execute(select(check_run).where(*mine).order_by(desc(check_run.c.id)).limit(1)).one_or_none()
    return (
        None if row is None else Run(row.revision, row.asked_by, row.version, row.done_at, _read(row.results))
    )


def _read(kept: Sequence[dict[str, Any]]) -> list[Result]:
    return [Result(one["code"], Outcome(one["outcome"]), one["zh"], one["facts"]) for one in kept]
