"""Rows of messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from api.errors import NotFound
from api.messages.kinds import MessageKind
from api.messages.tables import message
from api.paging import PageRequest, Part, fetch


def of_person(
    tx: Connection,
    person_id: int,
    page: PageRequest,
    kind: MessageKind | None = None,
    *,
    unread: bool = False,
    application_id: str | None = None,
) -> Part[Row[Any]]:
    """A person's messages, newest first."""
    asked = select(message).where(message.c.person_id == person_id)
    if kind is not None:
        asked = asked.where(message.c.kind == kind)
    if unread:
        asked = asked.where(message.c.read_at.is_(None))
    if application_id is not None:
        asked = asked.where(message.c.application_id == application_id)
    return fetch(tx, asked, page, (message.c.id,))


def unread_by_kind(tx: Connection, person_id: int) -> dict[MessageKind, int]:
    """How many a person has not read, of the kinds of which there are any."""
    unread = message.c.person_id == person_id, message.c.read_at.is_(None)
    asked = select(message.c.kind, func.count()).where(*unread).group_by(message.c.kind)
    return {MessageKind(kind): count for kind, count in tx.execute(asked)}


def mark_read(tx: Connection, person_id: int, message_id: int, now: datetime) -> Row[Any]:
    """The message as it is afterwards; one read before keeps its time. Raises NotFound."""
    mine = message.c.id == message_id, message.c.person_id == person_id
    tx.execute(update(message).where(*mine, message.c.read_at.is_(None)).values(read_at=now))
    found = tx.execute(select(message).where(*mine)).one_or_none()
    if found is None:
        raise NotFound("no such message")
    return found


def mark_all_read(tx: Connection, person_id: int, kind: MessageKind | None, now: datetime) -> int:
    """Every unread message of a person, of one kind or of all; returns how many."""
    unread = update(message).where(message.c.person_id == person_id, message.c.read_at.is_(None))
    if kind is not None:
        unread = unread.where(message.c.kind == kind)
    return tx.execute(unread.values(read_at=now)).rowcount
