"""What an application is judged by, version by version.

A file is kept once under its SHA-256, however many versions and applications it is evidence of.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Select, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from api.applications.model import Application
from api.applications.rules import Status
from api.applications.tables import application, evidence, file
from api.errors import NotFound


class EvidenceKind(StrEnum):
    """The pieces of evidence.

    A form is sealed by a lock or a certificate (``SIGNED_FORM``, a PDF) or on paper (``PAPER_FORM``, its
    photo). ``LETTER`` is 授权书, ``SIGNED_LETTER`` the same with the enterprise's seal. ``SIGNATURE`` is the
    picture of a person's signature that was chosen. Only an attachment has a name: its code.
    """

    LICENCE = "licence"
    FORM = "form"
    SIGNED_FORM = "signed-form"
    PAPER_FORM = "paper-form"
    LETTER = "letter"
    SIGNED_LETTER = "signed-letter"
    SIGNATURE = "signature"
    ATTACHMENT = "attachment"


SEALED = (EvidenceKind.SIGNED_FORM, EvidenceKind.PAPER_FORM)
"""What holds only as long as the form says the same."""


TITLES = {
    EvidenceKind.LICENCE: "营业执照照片",
    EvidenceKind.PAPER_FORM: "申请书照片",
    EvidenceKind.SIGNATURE: "手写签名",
}
"""How people call what an applicant may be asked to send again; attachments have names of their own."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A piece of evidence to be sent again or in addition. ``name``: the code of an attachment."""

    kind: EvidenceKind
    name: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file that belongs to a version of an application. ``sha256``: hexadecimal."""

    kind: EvidenceKind
    name: str
    media_type: str
    content: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class Piece:
    """What is known of a file without reading it."""

    kind: EvidenceKind
    name: str
    sha256: str
    media_type: str


def digest_of(content: bytes) -> str:
    """SHA-256, hexadecimal: the name of a file."""
    return hashlib.sha256(content).hexdigest()


def keep(
    tx: Connection,
    known: Application,
    kind: EvidenceKind,
    media_type: str,
    content: bytes,
    now: datetime,
    *,
    name: str = "",
) -> str:
    """Store evidence of the current revision in place of the same kind and name; returns its SHA-256."""
    digest = digest_of(content)
    row = {"sha256": digest, "media_type": media_type, "content": content, "added_at": now}
    insert_once = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    tx.execute(insert_once(file).values(row).on_conflict_do_nothing())
    tx.execute(delete(evidence).where(*_of(known.id, known.revision), *_same(kind, name)))
    piece = {"application_id": known.id, "revision": known.revision, "kind": kind, "name": name}
    tx.execute(insert(evidence).values(piece | {"sha256": digest, "added_at": now}))
    return digest


def drop(tx: Connection, known: Application, kind: EvidenceKind) -> None:
    """The current revision has no evidence of this kind any more."""
    tx.execute(delete(evidence).where(*_of(known.id, known.revision), evidence.c.kind == kind))


def carry_over(tx: Connection, known: Application, revision: int, *without: EvidenceKind) -> None:
    """Give the current revision what ``revision`` had, except the kinds in ``without``."""
    columns = [evidence.c[name] for name in ("application_id", "kind", "name", "sha256", "added_at")]
    held = select(*columns).where(*_of(known.id, revision), evidence.c.kind.not_in(without))
    rows = [dict(row) | {"revision": known.revision} for row in tx.execute(held).mappings()]
    if rows:
        tx.execute(insert(evidence), rows)


def fetch(
    tx: Connection, application_id: str, revision: int, *kinds: EvidenceKind, name: str = ""
) -> Evidence:
    """The first of ``kinds`` that a revision has. Raises NotFound."""
    for kind in kinds:
        asked = _pieces(application_id, revision).add_columns(file.c.content).where(*_same(kind, name))
        if (row := tx.execute(asked).one_or_none()) is not None:
            return Evidence(kind, row.name, row.media_type, row.content, row.sha256)
    raise NotFound(f"the application has no {' or '.join(kinds)}")


def newest_of_person(tx: Connection, person_id: int, kind: EvidenceKind) -> bytes | None:
    """The content of a person's newest evidence of a kind whose application ended with a certificate."""
    current = (evidence.c.application_id == application.c.id) & (
        evidence.c.revision == application.c.revision
    )
    asked = (
        select(file.c.content)
        .join_from(application, evidence, current)
        .join(file, file.c.sha256 == evidence.c.sha256)
        .where(application.c.person_id == person_id, application.c.status == Status.ISSUED)
        .where(evidence.c.kind == kind)
        .order_by(application.c.created_at.desc())
        .limit(1)
    )
    found: bytes | None = tx.execute(asked).scalar_one_or_none()
    return found


def pieces(tx: Connection, application_id: str, revision: int) -> list[Piece]:
    """Everything that a revision has."""
    asked = _pieces(application_id, revision).order_by(evidence.c.kind, evidence.c.name)
    return [Piece(EvidenceKind(row.kind), row.name, row.sha256, row.media_type) for row in tx.execute(asked)]


def digests(tx: Connection, known: Application) -> dict[EvidenceKind, str]:
    """The SHA-256 of each piece that is one of its kind, of the current revision."""
    return {one.kind: one.sha256 for one in pieces(tx, known.id, known.revision) if not one.name}


def _pieces(application_id: str, revision: int) -> Select[Any]:
    columns = (evidence.c.kind, evidence.c.name, evidence.c.sha256, file.c.media_type)
    joined = select(*columns).join_from(evidence, file, file.c.sha256 == evidence.c.sha256)
    return joined.where(*_of(application_id, revision))


def _of(application_id: str, revision: int) -> tuple[Any, ...]:
    return evidence.c.application_id == application_id, evidence.c.revision == revision


def _same(kind: EvidenceKind, name: str) -> tuple[Any, ...]:
    return evidence.c.kind == kind, evidence.c.name == name
