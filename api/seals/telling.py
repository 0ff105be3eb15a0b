"""Holders are told what became of their seals."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from api.certificates import queries as holdings
from api.messages.kinds import MessageKind
from api.messages.posting import post
from api.seals.queries import RegisteredSeal
from api.seals.rules import Action

_KINDS: Final = {
    Action.MAKE: MessageKind.SEAL_MADE,
    Action.REJECT: MessageKind.SEAL_REJECTED,
    Action.FAIL: MessageKind.SEAL_REJECTED,
    Action.FILE: MessageKind.SEAL_FILED,
    Action.SUSPEND: MessageKind.SEAL_SUSPENDED,
    Action.RELEASE: MessageKind.SEAL_RELEASED,
    Action.DESTROY: MessageKind.SEAL_DESTROYED,
}


def tell(tx: Connection, known: RegisteredSeal, action: Action, now: datetime, reason: str = "") -> None:
    """What somebody else than the holder did."""
    held = holdings.find(tx, known.serial)
    facts = {"seal": known.name, "reason": reason, "number": known.filed_number or ""}
    post(tx, held.person_id, _KINDS[action], now, serial=held.serial, facts=facts)
