"""Who makes a call: a platform whose signature holds, is fresh, and was never seen."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete, or_, update
from sqlalchemy.dialects import postgresql, sqlite

from api.accounts.pacing import Pacing
from api.db import Database
from api.platforms import registered
from api.platforms.errors import SignatureInvalid, SignatureReplayed, TooManyCalls
from api.platforms.registered import Platform, PlatformKey
from api.platforms.rules import CALLS, NONCE_KEPT, check_nonce, check_standing, check_window
from api.platforms.signatures import Call, SignedCall, key_id_of, verify
from api.platforms.tables import key as key_table
from api.platforms.tables import nonce as nonce_table

_NOTED: Final = timedelta(minutes=1)  # how exactly the last use of a key is known


@dataclass(frozen=True, slots=True)
class Admitted:
    """A call whose head ``platform`` signed with the key ``key_id``. Its body is still to be checked."""

    platform: Platform
    key_id: str
    signed: SignedCall


class Calls:
    """Admits calls; safe for many processes. ``key``: the server's secret."""

    def __init__(self, db: Database, key: bytes, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._pacing = Pacing(key)
        self._clock = clock

    def admit(self, call: Call) -> Admitted:
        """Raises SignatureMissing, SignatureInvalid, SignatureStale, SignatureReplayed, PlatformSuspended,
        TooManyCalls. A signature is spent by being admitted; one that is refused is not.
        """
        key_id = key_id_of(call)
        with self._db.read() as tx:
            known = registered.find_key(tx, key_id)
            platform = None if known is None else registered.find(tx, known.platform)
        if known is None or platform is None or known.retired_at is not None:
            raise SignatureInvalid("the key is not registered, or retired")
        signed, now = verify(call, known.key), self._clock()
        check_window(signed.created, signed.expires, now)
        nonce = check_nonce(signed.nonce)
        check_standing(platform.standing)
        with self._db.write() as tx:
            self._pace(tx, platform, now)
            _spend(tx, platform, nonce, now)
            _note_use(tx, known, now)
        return Admitted(platform, known.id, signed)

    def forget(self) -> None:
        """Drop the nonces whose signatures are stale by now."""
        with self._db.write() as tx:
            tx.execute(delete(nonce_table).where(nonce_table.c.until < self._clock()))

    def _pace(self, tx: Connection, platform: Platform, now: datetime) -> None:
        wait = self._pacing.spend(tx, CALLS, now, "platform", platform.id)
        if wait:
            raise TooManyCalls("too many calls", wait_seconds=int(wait.total_seconds()) + 1)


def _spend(tx: Connection, platform: Platform, nonce: str, now: datetime) -> None:
    row: dict[str, Any] = {
        "platform": platform.id,
        "digest": hashlib.sha256(nonce.encode()).hexdigest(),
        "until": now + NONCE_KEPT,
    }
    begin = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    first = begin(nonce_table).values(row).on_conflict_do_nothing().returning(nonce_table.c.digest)
    if tx.execute(first).first() is None:
        raise SignatureReplayed("the nonce was used before")


def _note_use(tx: Connection, key: PlatformKey, now: datetime) -> None:
    if key.used_at is None or key.used_at < now - _NOTED:
        unnoted = or_(key_table.c.used_at.is_(None), key_table.c.used_at < now - _NOTED)
        tx.execute(update(key_table).where(key_table.c.id == key.id, unnoted).values(used_at=now))
