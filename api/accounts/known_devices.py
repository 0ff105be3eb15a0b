"""Which devices a person has signed in with, so that a strange one is noticed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from api.accounts.pacing import Pacing
from api.accounts.rules import DEVICE_KNOWN, FRESH, network_of
from api.accounts.sessions import Device
from api.accounts.tables import known_device, person


def is_strange(tx: Connection, pacing: Pacing, person_id: int, device: Device, now: datetime) -> bool:
    """Whether the account has not seen this device; the first one of a new account is its own.

    Remembers it. A device is known by what it calls itself, one that says nothing by its network.
    """
    mine = known_device.c.person_id == person_id
    seen = set(tx.execute(select(known_device.c.device_mac).where(mine)).scalars())
    mac = _mac(pacing, device)
    begin = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    row = {"person_id": person_id, "device_mac": mac, "used_at": now}
    made = begin(known_device).values(row)
    tx.execute(made.on_conflict_do_update(index_elements=["person_id", "device_mac"], set_={"used_at": now}))
    if not seen:
        since = tx.execute(select(person.c.created_at).where(person.c.id == person_id)).scalar_one()
        return bool(since <= now - FRESH)
    return mac not in seen


def forget(tx: Connection, now: datetime) -> None:
    """Drop devices that were not used for long."""
    tx.execute(delete(known_device).where(known_device.c.used_at <= now - DEVICE_KNOWN))


def _mac(pacing: Pacing, device: Device) -> str:
    if device.name or device.platform:
        return pacing.digest("device", device.name, device.platform)
    return pacing.digest("device", network_of(device.address))
