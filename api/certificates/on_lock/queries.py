"""Rows of keys on locks. Each step is an UPDATE on condition that the step before it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from api.certificates.on_lock.tables import lock_key
from mobile_bridge.possession import EnrolledKeys


@dataclass(frozen=True, slots=True, kw_only=True)
class LockKeys:
    """Keys that were offered for an application, and how far it went with them."""

    application_id: str
    session_id: str
    signing_key: bytes
    encryption_key: bytes
    lock_label: str
    lock_serial: str
    expected_proof: str
    offered_at: datetime
    proved_at: datetime | None = None
    confirmed_at: datetime | None = None
    written_at: datetime | None = None

    @property
    def keys(self) -> EnrolledKeys:
        """What both ends compare."""
        return EnrolledKeys(self.application_id, self.signing_key, self.encryption_key)


_OPEN: Final = lock_key.c.confirmed_at.is_(None)


def find(tx: Connection, application_id: str) -> LockKeys | None:
    """The keys offered last, None before any."""
    row = tx.execute(select(lock_key).where(_of(application_id))).mappings().one_or_none()
    return None if row is None else LockKeys(**row)


def put(tx: Connection, offered: LockKeys) -> bool:
    """Keep what was offered instead of anything before; False when the keys before are confirmed."""
    tx.execute(delete(lock_key).where(_of(offered.application_id), _OPEN))
    if find(tx, offered.application_id) is not None:
        return False
    values = {name: getattr(offered, name) for name in LockKeys.__slots__}
    tx.execute(insert(lock_key).values(values))
    return True


def prove(tx: Connection, known: LockKeys, now: datetime) -> bool:
    """False when other keys, or the same ones anew, were offered meanwhile."""
    same = lock_key.c.expected_proof == known.expected_proof
    change = update(lock_key).where(_of(known.application_id), same, _OPEN)
    return tx.execute(change.values(proved_at=now)).rowcount == 1


def confirm(tx: Connection, known: LockKeys, now: datetime) -> bool:
    """False when other keys were offered meanwhile; true once more for those that are confirmed."""
    same = (
        lock_key.c.signing_key == known.signing_key,
        lock_key.c.encryption_key == known.encryption_key,
        lock_key.c.session_id == known.session_id,
        lock_key.c.proved_at.is_not(None),
    )
    change = update(lock_key).where(_of(known.application_id), *same, _OPEN).values(confirmed_at=now)
    return tx.execute(change).rowcount == 1


def written(tx: Connection, application_id: str, now: datetime) -> bool:
    """Whether they are on the lock since now, and not since before."""
    fresh = lock_key.c.written_at.is_(None)
    change = update(lock_key).where(_of(application_id), fresh).values(written_at=now)
    return tx.execute(change).rowcount == 1


def forget(tx: Connection, application_id: str) -> None:
    """Keys that cannot be certified make room for others."""
    tx.execute(delete(lock_key).where(_of(application_id)))


def _of(application_id: str) -> ColumnElement[bool]:
    return lock_key.c.application_id == application_id
