"""Messages as the app receives them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, Field
from sqlalchemy import Row

from api.messages.kinds import MessageKind


class LinkType(StrEnum):
    """What a message leads to."""

    APPLICATION = "application"
    CERTIFICATE = "certificate"
    ENTERPRISE = "enterprise"


class Link(BaseModel):
    """The thing that a message is about."""

    type: LinkType
    id: str = Field(description="Number of the application, serial of the certificate, or 统一社会信用代码")


class MessageShown(BaseModel):
    """One message."""

    id: int
    kind: MessageKind
    title: str = Field(examples=["认领企业，请下载证书"])
    text: str
    link: Link | None
    posted_at: datetime
    read_at: datetime | None

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        """From its row."""
        return cls(
            id=row.id,
            kind=MessageKind(row.kind),
            title=row.title,
            text=row.text,
            link=_link(row),
            posted_at=row.posted_at,
            read_at=row.read_at,
        )


class Unread(BaseModel):
    """What waits to be read."""

    total: int
    by_kind: dict[MessageKind, int] = Field(description="Kinds without an unread message are left out")


class MarkedRead(BaseModel):
    """How many messages are read now that were not before."""

    count: int


def _link(row: Row[Any]) -> Link | None:
    leads = {
        LinkType.APPLICATION: row.application_id,
        LinkType.CERTIFICATE: row.serial,
        LinkType.ENTERPRISE: row.credit_code,
    }
    return next((Link(type=kind, id=target) for kind, target in leads.items() if target is not None), None)
