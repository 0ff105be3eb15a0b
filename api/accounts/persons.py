"""Who a number belongs to, and where its person was before."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from api.accounts import sessions
from api.accounts.pacing import Pacing
from api.accounts.rules import ADDRESS_KNOWN
from api.accounts.tables import known_address, known_device, person


def find(tx: Connection, phone: str) -> Row[Any] | None:
    """The person with this number: id, phone, password_hash."""
    return tx.execute(select(person).where(person.c.phone == phone)).one_or_none()


def find_or_add(tx: Connection, phone: str, now: datetime) -> int:
    """The id of the number's person, who is registered at the first time."""
    begin = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    tx.execute(begin(person).values(phone=phone, created_at=now).on_conflict_do_nothing())
    return int(tx.execute(select(person.c.id).where(person.c.phone == phone)).scalar_one())


def lock(tx: Connection, person_id: int) -> None:
    """Let one transaction at a time count what a person does. On SQLite a writer is alone anyway."""
    tx.execute(select(person.c.id).where(person.c.id == person_id).with_for_update()).all()


def was_here(tx: Connection, pacing: Pacing, phone: str, network: str) -> bool:
    """Whether the number's person signed in from this network before."""
    if not network:
        return False
    mac = pacing.digest("network", network)
    asked = select(known_address.c.used_at).join(person, person.c.id == known_address.c.person_id)
    return (
        tx.execute(asked.where(person.c.phone == phone, known_address.c.address_mac == mac)).first()
        is not None
    )


def note_here(tx: Connection, pacing: Pacing, person_id: int, network: str, now: datetime) -> None:
    """Remember that this person signed in from this network."""
    if not network:
        return
    begin = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    row = {"person_id": person_id, "address_mac": pacing.digest("network", network), "used_at": now}
    made = begin(known_address).values(row)
    tx.execute(made.on_conflict_do_update(index_elements=["person_id", "address_mac"], set_={"used_at": now}))


def forget_owner(tx: Connection, person_id: int) -> None:
    """Nothing that the account's owner knows or has lets them in any more; a code to its number does."""
    sessions.end_others(tx, person_id)
    tx.execute(update(person).where(person.c.id == person_id).values(password_hash=None))
    for table in (known_address, known_device):
        tx.execute(delete(table).where(table.c.person_id == person_id))


def forget_addresses(tx: Connection, now: datetime) -> None:
    """Drop networks that were not used for long."""
    tx.execute(delete(known_address).where(known_address.c.used_at <= now - ADDRESS_KNOWN))
