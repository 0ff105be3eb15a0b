"""What an application is judged by: the licence, the form, and the form with the enterprise's seal.

The seal is put on by a lock (``SIGNED_FORM``, a PDF) or on paper (``PAPER_FORM``, a photo of it).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, delete, insert, select

from api.applications.tables import evidence
from api.errors import NotFound


class EvidenceKind(StrEnum):
    """The pieces of evidence; one of each kind an application."""

    LICENCE = "licence"
    FORM = "form"
    SIGNED_FORM = "signed-form"
    PAPER_FORM = "paper-form"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file that belongs to an application. ``sha256``: hexadecimal."""

    kind: EvidenceKind
    media_type: str
    content: bytes
    sha256: str


def keep(
    tx: Connection, application_id: str, kind: EvidenceKind, media_type: str, content: bytes, now: datetime
) -> str:
    """Store a piece of evidence in place of an earlier one of its kind; returns its SHA-256."""
    same = (evidence.c.application_id == application_id) & (evidence.c.kind == kind)
    tx.execute(delete(evidence).where(same))
    digest = hashlib.sha256(content).hexdigest()
    row = {"application_id": application_id, "kind": kind, "media_type": media_type, "added_at": now}
    tx.execute(insert(evidence).values(row | {"content": content, "sha256": digest}))
    return digest


def fetch(tx: Connection, application_id: str, *kinds: EvidenceKind) -> Evidence:
    """The first of ``kinds`` that the application has. Raises NotFound."""
    columns = (evidence.c.kind, evidence.c.media_type, evidence.c.content, evidence.c.sha256)
    for kind in kinds:
        asked = select(*columns).where(evidence.c.application_id == application_id, evidence.c.kind == kind)
        if (row := tx.execute(asked).one_or_none()) is not None:
            return Evidence(EvidenceKind(row.kind), row.media_type, row.content, row.sha256)
    raise NotFound(f"the application has no {' or '.join(kinds)}")


def digests(tx: Connection, application_id: str) -> dict[EvidenceKind, str]:
    """The SHA-256 of each piece that is there."""
    asked = select(evidence.c.kind, evidence.c.sha256).where(evidence.c.application_id == application_id)
    return {EvidenceKind(kind): digest for kind, digest in tx.execute(asked)}
