"""Decisions as rows, and what is counted of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, desc, func, insert, select

from api.applications.evidence import EvidenceKind, Wanted
from api.applications.model import Application
from api.applications.tables import application
from api.review.rules import WAITING, Verdict
from api.review.tables import decision, decision_reason, reason
from api.timezone import CHINA

AGES: Final = (timedelta(days=1), timedelta(days=3), timedelta(days=7))
"""What separates the ages of waiting cases."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided. ``codes``: of the templates; ``wanted``: what is to be added."""

    verdict: Verdict
    at: datetime
    codes: tuple[str, ...] = ()
    wanted: tuple[Wanted, ...] = ()


@dataclass(frozen=True, slots=True)
class Pending:
    """How many wait in a status, and how long. ``ages``: up to a day, to three, to seven, and longer."""

    status: str
    number: int
    oldest: datetime | None
    ages: tuple[int, ...]


def keep(tx: Connection, known: Application, operator: str, made: Decision) -> None:
    """Write a decision down."""
    row = {"application_id": known.id, "revision": known.revision, "verdict": made.verdict}
    row |= {"operator": operator, "at": made.at, "day": f"{made.at.astimezone(CHINA):%Y-%m-%d}"}
    wanted = [{"kind": str(one.kind), "name": one.name} for one in made.wanted]
    added = insert(decision).values(row | {"wanted": wanted}).returning(decision.c.id)
    number = tx.execute(added).scalar_one()
    if made.codes:
        tx.execute(insert(decision_reason), [{"decision_id": number, "code": code} for code in made.codes])


def wanted_of(tx: Connection, application_id: str, revision: int) -> list[Wanted]:
    """What was last asked for of a version."""
    mine = decision.c.application_id == application_id, decision.c.revision == revision
    returned = select(decision.c.wanted).where(*mine, decision.c.verdict == Verdict.RETURN)
    found = tx.execute(returned.order_by(desc(decision.c.id)).limit(1)).scalar_one_or_none()
    return [Wanted(EvidenceKind(one["kind"]), one["name"]) for one in found or []]


def pending(tx: Connection, now: datetime) -> list[Pending]:
    """Of each status that waits for operators."""
    return [_pending(tx, status, now) for status in WAITING]


def per_day(tx: Connection, first: date, last: date) -> list[Row[Any]]:
    """Rows of day, operator, verdict and number, both days included."""
    columns = (decision.c.day, decision.c.operator, decision.c.verdict)
    asked = select(*columns, func.count().label("number")).where(_within(first, last))
    return list(tx.execute(asked.group_by(*columns).order_by(*columns)))


def per_reason(tx: Connection, first: date, last: date) -> list[Row[Any]]:
    """Rows of code, verdict, present text and number, the most frequent first."""
    columns = (decision_reason.c.code, decision.c.verdict, reason.c.text)
    number = func.count().label("number")
    asked = select(*columns, number).select_from(decision_reason)
    asked = asked.join(decision, decision.c.id == decision_reason.c.decision_id)
    asked = asked.join(reason, reason.c.code == decision_reason.c.code)
    grouped = asked.where(_within(first, last)).group_by(*columns)
    return list(tx.execute(grouped.order_by(desc(number), decision_reason.c.code)))


def _within(first: date, last: date) -> Any:
    return decision.c.day.between(first.isoformat(), last.isoformat())


def _pending(tx: Connection, status: str, now: datetime) -> Pending:
    since = application.c.updated_at
    edges: Sequence[datetime] = [now - age for age in AGES]
    mine = application.c.status == status
    older = [func.count().filter(since <= edge) for edge in edges]
    asked = select(func.count(), func.min(since), *older).where(mine)
    number, oldest, *counts = tx.execute(asked).one()
    totals = [number, *counts, 0]
    ages = tuple(totals[place] - totals[place + 1] for place in range(len(AGES) + 1))
    return Pending(status, number, oldest, ages)
