"""Jobs. One that ``every`` names is a sweep: its row is used again and again."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table, Text

from api.db import UtcDateTime, metadata

job = Table(
    "job",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(60), nullable=False),
    Column("payload", Text, nullable=False),  # JSON; ids alone, never personal data or secrets
    Column("key", String(120), unique=True),  # once only
    Column("status", String(12), nullable=False),  # of api.jobs.rules.Status
    Column("run_at", UtcDateTime, nullable=False),  # of a running one: when its lease ends
    Column("lease", String(32)),  # of a running one: who has it, a random name for each time
    Column("attempts", Integer, nullable=False),
    Column("code", String(60)),  # why the last attempt failed
    Column("every", Integer),  # seconds between the rounds of a sweep
    Column("finished_at", UtcDateTime),  # of the last one, when it was done or given up
)
_OPEN = job.c.status.in_(("waiting", "running"))
Index("ix_job_due", job.c.run_at, sqlite_where=_OPEN, postgresql_where=_OPEN)
Index("ix_job_status", job.c.status, job.c.finished_at)
