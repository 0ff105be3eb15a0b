"""Messages over HTTP (seed, sections 五, 六, 八 to 十)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from api.accounts.access import SignedIn
from api.db import Database
from api.messages import queries
from api.messages.kinds import MessageKind
from api.messages.schemas import MarkedRead, MessageShown, Unread
from api.openapi.refusals import refuses
from api.paging import Page, Paged

router = APIRouter(prefix="/v1/messages", tags=["消息"])


def _database(request: Request) -> Database:
    db: Database = request.app.state.services.db
    return db


Db = Annotated[Database, Depends(_database)]


@dataclass(frozen=True, slots=True)
class _Filter:
    kind: Annotated[MessageKind | None, Query(description="Of this kind alone")] = None
    unread: Annotated[bool, Query(description="Those alone that were not read")] = False
    application: Annotated[str | None, Query(max_length=24, description="About this application alone")] = (
        None
    )


@router.get("")
def list_messages(
    person: SignedIn, db: Db, page: Paged, wanted: Annotated[_Filter, Depends()]
) -> Page[MessageShown]:
    """消息列表: the person's messages, newest first."""
    with db.read() as tx:
        part = queries.of_person(
            tx, person.id, page, wanted.kind, unread=wanted.unread, application_id=wanted.application
        )
    return page.page(part.map(MessageShown.of))


@router.get("/unread")
def count_unread(person: SignedIn, db: Db) -> Unread:
    """未读消息数: in all and by kind."""
    with db.read() as tx:
        by_kind = queries.unread_by_kind(tx, person.id)
    return Unread(total=sum(by_kind.values()), by_kind=by_kind)


@router.post("/read")
def mark_all_read(person: SignedIn, db: Db, kind: MessageKind | None = None) -> MarkedRead:
    """全部已读: mark every message read, or every one of a kind."""
    with db.write() as tx:
        return MarkedRead(count=queries.mark_all_read(tx, person.id, kind, datetime.now(UTC)))


@router.post("/{message_id}/read")
@refuses("not_found")
def mark_read(person: SignedIn, db: Db, message_id: Annotated[int, Path(ge=1, le=2**31 - 1)]) -> MessageShown:
    """标为已读: mark one message read; again changes nothing."""
    with db.write() as tx:
        return MessageShown.of(queries.mark_read(tx, person.id, message_id, datetime.now(UTC)))
