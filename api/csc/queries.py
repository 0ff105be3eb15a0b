"""Rows of switches and authorisations."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from api.csc.errors import CscRefused
from api.csc.rules import Hashing
from api.csc.tables import authorization, authorized_hash, switched_on


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Authorization:
    """What one SAD may be used for, and by whom. ``hashes``: each of them once."""

    sad_digest: str
    serial: str
    person_id: int
    session_id: str
    hashing: Hashing
    hashes: tuple[bytes, ...]
    expires_at: datetime
    description: str = ""

    def terms(self) -> bytes:
        """All that it says, as bytes that differ when any of it does."""
        told = (
            self.serial,
            str(self.person_id),
            self.session_id,
            self.hashing,
            self.expires_at.astimezone(UTC).isoformat(),
            self.description,
            *(one.hex() for one in self.hashes),
        )
        return "\0".join(told).encode()


@dataclass(frozen=True, slots=True, repr=False)
class Pending:
    """``activation``: what opens the key together with the SAD; None once the last signature is spent."""

    authorization: Authorization
    activation: bytes | None


def digest(sad: str) -> str:
    """What is kept of a SAD."""
    return hashlib.sha256(sad.encode()).hexdigest()


def switch(tx: Connection, serial: str, now: datetime, *, on: bool) -> bool:
    """Switch remote signing on or off; False when it was so before."""
    if not on:
        return tx.execute(delete(switched_on).where(switched_on.c.serial == serial)).rowcount == 1
    begin = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    made = begin(switched_on).values(serial=serial, at=now).on_conflict_do_nothing()
    return tx.execute(made.returning(switched_on.c.serial)).first() is not None


def since(tx: Connection, serials: Iterable[str]) -> dict[str, datetime]:
    """Those of the certificates for which remote signing is on, and since when."""
    asked = select(switched_on.c.serial, switched_on.c.at).where(switched_on.c.serial.in_(tuple(serials)))
    return {row.serial: row.at for row in tx.execute(asked)}


def add(tx: Connection, made: Authorization, activation: bytes) -> None:
    """Keep what was authorised."""
    row: dict[str, Any] = {
        name: getattr(made, name) for name in Authorization.__slots__ if name != "hashes"
    } | {"activation": activation}
    tx.execute(insert(authorization).values(row))
    rows = [
        {"sad_digest": made.sad_digest, "position": position, "hash": one.hex()}
        for position, one in enumerate(made.hashes)
    ]
    tx.execute(insert(authorized_hash), rows)


def find(tx: Connection, sad_digest: str) -> Pending | None:
    """By the digest of the SAD."""
    row = tx.execute(select(authorization).where(authorization.c.sad_digest == sad_digest)).one_or_none()
    if row is None:
        return None
    asked = select(authorized_hash.c.hash).where(authorized_hash.c.sad_digest == sad_digest)
    hashes = tx.execute(asked.order_by(authorized_hash.c.position)).scalars()
    made = Authorization(
        sad_digest=sad_digest,
        serial=row.serial,
        person_id=row.person_id,
        session_id=row.session_id,
        hashing=Hashing(row.hashing),
        hashes=tuple(bytes.fromhex(one) for one in hashes),
        expires_at=row.expires_at,
        description=row.description,
    )
    return Pending(made, row.activation)


def spend(tx: Connection, sad_digest: str, hashes: Sequence[bytes], now: datetime) -> None:
    """Use up the right to sign ``hashes``, all of them or none; with the last the activation is erased.

    Raises CscRefused when one of them is not authorised, or was signed before; or when the authorisation was
    voided after the caller had opened the key by it.
    """
    mine = authorization.c.sad_digest == sad_digest
    # Whoever spends of the same SAD, or voids it, waits here; SQLite has one writer anyway.
    standing = tx.execute(select(authorization.c.activation).where(mine).with_for_update())
    if standing.scalar_one_or_none() is None:
        raise CscRefused("Hash is not authorized by the SAD")
    free = select(authorized_hash.c.position, authorized_hash.c.hash).where(
        authorized_hash.c.sad_digest == sad_digest, authorized_hash.c.spent_at.is_(None)
    )
    positions: defaultdict[str, list[int]] = defaultdict(list)
    for row in tx.execute(free.order_by(authorized_hash.c.position)):
        positions[row.hash].append(row.position)
    taken = []
    for one in hashes:
        if not positions[one.hex()]:
            raise CscRefused("Hash is not authorized by the SAD")
        taken.append(positions[one.hex()].pop(0))
    spending = update(authorized_hash).where(
        authorized_hash.c.sad_digest == sad_digest, authorized_hash.c.position.in_(taken)
    )
    tx.execute(spending.values(spent_at=now))
    if not any(positions.values()):
        tx.execute(update(authorization).where(mine).values(activation=None))


def void(tx: Connection, serial: str) -> None:
    """Nothing that was authorised for a certificate serves any more."""
    mine = authorization.c.serial == serial
    tx.execute(update(authorization).where(mine).values(activation=None))


def forget_expired(tx: Connection, now: datetime) -> None:
    """Drop authorisations that serve nobody any more; the journal tells of them."""
    old = select(authorization.c.sad_digest).where(authorization.c.expires_at <= now).limit(1000)
    which = list(tx.execute(old.with_for_update(skip_locked=True)).scalars())
    tx.execute(delete(authorized_hash).where(authorized_hash.c.sad_digest.in_(which)))
    tx.execute(delete(authorization).where(authorization.c.sad_digest.in_(which)))
