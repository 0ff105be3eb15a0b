"""Who has which case, what machines found, what was decided, and the reasons to choose from."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table

from api.accounts.tables import operator
from api.applications.tables import application
from api.db import UtcDateTime, metadata

# One row a case at most. It counts until ``expires_at``; a decision deletes it.
claim = Table(
    "review_claim",
    metadata,
    Column("application_id", ForeignKey(application.c.id), primary_key=True),
    Column("operator_id", ForeignKey(operator.c.id), nullable=False),
    Column("claimed_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)
Index("ix_review_claim_operator", claim.c.operator_id, claim.c.expires_at)

check_run = Table(
    "review_check_run",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("token", String(32), nullable=False, unique=True),  # of the job: done twice, it is kept once
    Column("application_id", ForeignKey(application.c.id), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("asked_by", String(64)),  # an operator's name; null where a submission asked
    Column("version", Integer, nullable=False),  # of the checks, see api.review.checks
    Column("done_at", UtcDateTime, nullable=False),
    Column("results", JSON, nullable=False),  # list of {code, outcome, zh, facts}
)
Index("ix_review_check_run_application", check_run.c.application_id, check_run.c.revision, check_run.c.id)

decision = Table(
    "review_decision",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("application_id", ForeignKey(application.c.id), nullable=False, index=True),
    Column("revision", Integer, nullable=False),
    Column("verdict", String(12), nullable=False),  # of api.review.rules.Verdict
    Column("operator", String(64), nullable=False),  # a name
    Column("at", UtcDateTime, nullable=False),
    Column("day", String(10), nullable=False),  # of ``at`` in China: decisions are counted by it
    Column("wanted", JSON, nullable=False),  # list of {kind, name} that is to be added
)
Index("ix_review_decision_day", decision.c.day, decision.c.operator, decision.c.verdict)

decision_reason = Table(
    "review_decision_reason",
    metadata,
    Column("decision_id", ForeignKey(decision.c.id), primary_key=True),
    Column("code", String(40), primary_key=True),
)

reason = Table(
    "review_reason",
    metadata,
    Column("code", String(40), primary_key=True),
    Column("verdict", String(12), nullable=False),  # reject or return
    Column("text", String(200), nullable=False),
    Column("in_use", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("changed_by", String(64), nullable=False),  # a name; ``setup`` for what came with the software
    Column("changed_at", UtcDateTime, nullable=False),
)
