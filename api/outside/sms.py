"""Text messages: the port, and a sandbox that shows them on the development inbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from sqlalchemy import Column, Integer, String, Table, delete, desc, insert, select

from api.db import Database, UtcDateTime, metadata

_KEPT: Final = 50

sandbox_message = Table(
    "outside_sandbox_sms",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("phone", String(11), nullable=False),
    Column("code", String(8), nullable=False),
    Column("sent_at", UtcDateTime, nullable=False),
)


class SmsSender(Protocol):
    """Sends text messages."""

    def send_code(self, phone: str, code: str, now: datetime) -> None:
        """Send a sign-in code. Returns once the carrier has taken it; raises AppError when it does not."""
        ...


@dataclass(frozen=True, slots=True)
class SandboxMessage:
    """A message that was not sent to anybody."""

    phone: str
    code: str
    sent_at: datetime


class SandboxSms:
    """Keeps the last messages for /dev/inbox. Development alone: whoever reads it can sign in as anybody."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def send_code(self, phone: str, code: str, now: datetime) -> None:
        """Put the message into the inbox; old ones drop out."""
        row = {"phone": phone, "code": code, "sent_at": now}
        with self._db.write() as tx:
            made = insert(sandbox_message).values(row).returning(sandbox_message.c.id)
            newest = tx.execute(made).scalar_one()
            tx.execute(delete(sandbox_message).where(sandbox_message.c.id <= newest - _KEPT))

    def inbox(self) -> list[SandboxMessage]:
        """The last messages, newest first."""
        asked = select(sandbox_message).order_by(desc(sandbox_message.c.id)).limit(_KEPT)
        with self._db.read() as tx:
            return [SandboxMessage(row.phone, row.code, row.sent_at) for row in tx.execute(asked)]
