"""Posting a message, in the transaction of what it tells of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from api.messages.kinds import MessageKind
from api.messages.tables import message
from api.messages.templates import words

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


def post(
    tx: Connection,
    person_id: int,
    kind: MessageKind,
    now: datetime,
    *,
    application_id: str | None = None,
    serial: str | None = None,
    credit_code: str | None = None,
    facts: Mapping[str, str] = _NOTHING,
    key: str | None = None,
) -> None:
    """Tell a person something. It is kept with the caller's transaction, or not at all.

    The message links to the application, else to the certificate, else to the enterprise. ``facts``: fill the
    sentences of ``templates.toml``; a sentence without its facts is left out. ``key``: at most one message
    with it reaches this person, however often it is posted.
    """
    said = words(kind, facts)
    row = {
        "person_id": person_id,
        "kind": kind,
        "title": said.title,
        "text": said.text,
        "application_id": application_id,
        "serial": None if serial is None else serial.lower(),
        "credit_code": credit_code,
        "key": key,
        "posted_at": now,
    }
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    tx.execute(insert(message).values(row).on_conflict_do_nothing(index_elements=["person_id", "key"]))
