"""The keys of platforms: several at a time, so that one can follow another without a pause."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, insert, update
from sqlalchemy.exc import IntegrityError

from api.db import Database
from api.errors import NotFound
from api.platforms import history, registered
from api.platforms.errors import KeyKnown
from api.platforms.public_keys import CallKey
from api.platforms.registered import PlatformKey
from api.platforms.rules import check_not_last, check_room_for_key
from api.platforms.tables import key as table
from ca.audit.journal import Journal
from ca.key_quality import KeyWeak


class KeyRing:
    """Adds and retires keys. ``blocked``: digests of keys that are publicly known (see ca.key_quality).

    ``who`` acts is told as ``operator:NAME``, ``key:ID`` or ``console:NAME``.
    """

    def __init__(
        self,
        db: Database,
        clock: Callable[[], datetime],
        journal: Journal,
        blocked: Collection[str] = frozenset(),
    ) -> None:
        self._db = db
        self._clock = clock
        self._journal = journal
        self._blocked = blocked

    def of(self, platform: str) -> list[PlatformKey]:
        """All keys, retired ones included, oldest first. Raises NotFound."""
        with self._db.read() as tx:
            registered.find(tx, platform)
            return registered.keys_of(tx, platform)

    def add(self, who: str, platform: str, key: CallKey, label: str) -> PlatformKey:
        """Calls signed with ``key`` are taken from now on. Raises NotFound, KeyWeak, KeyKnown, KeyLimit.

        A key belongs to one platform once: nobody's call passes for another's, and a retired key stays so.
        """
        if sha256(key.der).hexdigest() in self._blocked:
            raise KeyWeak("the key is publicly known")
        now = self._clock()
        row = {"id": key.id, "platform": platform, "public": key.der, "label": label}
        try:
            with self._db.write() as tx:
                check_room_for_key(self._valid(tx, platform))
                tx.execute(insert(table).values(row | {"added_at": now, "added_by": who}))
                told = {"key": key.id, "label": label}
                history.note(tx, self._journal, now, platform, who, "key_added", told)
                return self._found(tx, platform, key.id)
        except IntegrityError:
            raise KeyKnown("the key is registered already, or was") from None

    def retire(self, who: str, platform: str, key_id: str, *, keep_one: bool) -> PlatformKey:
        """Calls signed with it are refused from now on. Retired before, it stays so.

        ``keep_one``: the last valid key may not go. Raises NotFound, LastKey.
        """
        now = self._clock()
        with self._db.write() as tx:
            valid = self._valid(tx, platform)
            if self._found(tx, platform, key_id).retired_at is None:
                if keep_one:
                    check_not_last(valid)
                mine = update(table).where(table.c.id == key_id, table.c.retired_at.is_(None))
                if tx.execute(mine.values(retired_at=now, retired_by=who)).rowcount == 1:
                    history.note(tx, self._journal, now, platform, who, "key_retired", {"key": key_id})
            return self._found(tx, platform, key_id)

    def _valid(self, tx: Connection, platform: str) -> int:
        # The platform's row is locked: two that retire the last two keys at a time must see each other.
        registered.find(tx, platform, lock=True)
        return sum(one.retired_at is None for one in registered.keys_of(tx, platform))

    def _found(self, tx: Connection, platform: str, key_id: str) -> PlatformKey:
        found = registered.find_key(tx, key_id)
        if found is None or found.platform != platform:
            raise NotFound(f"the platform has no key {key_id!r}")
        return found
