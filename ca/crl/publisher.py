"""One list of one CA: which edition is the newest, when the next is due, and making it.

Every edition is a complete list and a delta list with the same number and the same news (RFC 5280, 5.2.4).
The delta's base is the oldest complete list that may still be in use, so that it fits whatever complete list
a relying party holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, and_, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from ca import status_changes
from ca.authorities import IssuingAuthority
from ca.crl import entries
from ca.crl.encoding import Scope, sign_list
from ca.tables import crl as table

# A change may be dated a little before the base was signed and committed a little after.
_IN_FLIGHT: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class CrlPolicy:
    """``every``: how often a list is made without any news. ``validity``: how long a complete list may be
    used; what is beyond ``every`` is the overlap, in which making the next one may fail. A delta list may be
    used for twice ``every``. ``announce_deltas``: complete lists say where the deltas are (FreshestCRL). Some
    verifiers, pyHanko among them, then refuse a complete list without its delta, so whoever validates
    signatures offline is better served without."""

    validity: timedelta = timedelta(days=7)
    every: timedelta = timedelta(hours=12)
    announce_deltas: bool = False

    def __post_init__(self) -> None:
        if not timedelta(0) < self.every <= self.validity / 2:
            raise ValueError("a list is made at least twice in its validity")


@dataclass(frozen=True, slots=True)
class Published:
    """An edition. ``complete``, ``delta``: DER. ``changes``: the status changes it tells of (see
    ``ca.status_changes``)."""

    number: int
    this_update: datetime
    next_update: datetime
    delta_next_update: datetime
    complete: bytes
    delta: bytes
    changes: int


@dataclass(frozen=True, slots=True)
class _Base:
    number: int
    this_update: datetime


class CrlPublisher:
    """Makes the editions of one list. Safe for many threads and processes."""

    def __init__(
        self, engine: Engine, issuing: IssuingAuthority, shard: int = 0, policy: CrlPolicy | None = None
    ) -> None:
        self._engine = engine
        self._issuing = issuing
        self._shard = shard
        self._policy = policy or CrlPolicy()
        self._mine = and_(table.c.issuer == issuing.key_id, table.c.shard == shard)

    @property
    def name(self) -> str:
        """How people call this list: the CA's name, and the shard's number where there are several."""
        alone = self._issuing.crl_shards == 1
        return self._issuing.name if alone else f"{self._issuing.name}/{self._shard}"

    def newest(self) -> Published | None:
        """The newest edition, None before the first."""
        asked = select(table).where(self._mine).order_by(table.c.number.desc()).limit(1)
        with self._engine.connect() as connection:
            row = connection.execute(asked).one_or_none()
        return None if row is None else _published(row)

    def newest_number(self) -> int:
        """The number of the newest edition, 0 before the first."""
        with self._engine.connect() as connection:
            return self._newest_number(connection)

    def is_due(self, now: datetime) -> bool:
        """Whether time has passed or a status has changed since the newest edition."""
        asked = select(table.c.this_update, table.c.changes).where(self._mine)
        with self._engine.connect() as connection:
            row = connection.execute(asked.order_by(table.c.number.desc()).limit(1)).one_or_none()
            changes = status_changes.of_shard(connection, self._issuing.key_id, self._shard)
        return row is None or changes != row.changes or now - row.this_update >= self._policy.every

    def current(self, now: datetime) -> Published:
        """The newest edition, made when there is none or the next is due. Raises HsmError."""
        newest = None if self.is_due(now) else self.newest()
        return newest or self.publish(now)

    def publish_due(self, now: datetime) -> Published | None:
        """The next edition if it is due, made by one of several processes. Raises HsmError."""
        while self.is_due(now):
            made = self._sign(now.replace(microsecond=0))
            if self._store(made):
                return made
        return None

    def publish(self, now: datetime) -> Published:
        """Sign and store the next edition. Two publishers at once take a number each. Raises HsmError."""
        while True:
            made = self._sign(now.replace(microsecond=0))
            if self._store(made):
                return made
            # Another process published this number first: its list may lack what this one was asked for.

    def _sign(self, now: datetime) -> Published:
        with self._engine.connect() as connection:
            changes = status_changes.of_shard(connection, self._issuing.key_id, self._shard)
            number = self._newest_number(connection) + 1
            base = self._base(connection, now) or _Base(number, now)
            # An entry stays for one list beyond its certificate's validity (RFC 5280, section 3.3).
            expired_after = now - self._policy.validity
            where = (connection, self._issuing.key_id, self._shard, expired_after)
            listed = list(entries.revoked(*where))
            news = list(entries.changed(*where, base.this_update - _IN_FLIGHT))
        next_update = now + self._policy.validity
        delta_next_update = now + 2 * self._policy.every
        return Published(
            number,
            now,
            next_update,
            delta_next_update,
            sign_list(self._issuing.authority, listed, number, now, next_update, self._scope()),
            sign_list(
                self._issuing.authority, news, number, now, delta_next_update, self._scope(base.number)
            ),
            changes,
        )

    def _scope(self, base_number: int | None = None) -> Scope:
        alone = self._issuing.crl_shards == 1
        return Scope(
            distribution_point=None if alone else self._issuing.list_url(self._shard),
            freshest=self._issuing.delta_url(self._shard) if self._policy.announce_deltas else None,
            base_number=base_number,
        )

    def _base(self, connection: Connection, now: datetime) -> _Base | None:
        usable = select(table.c.number, table.c.this_update).where(self._mine, table.c.next_update >= now)
        row = connection.execute(usable.order_by(table.c.number).limit(1)).one_or_none()
        return None if row is None else _Base(*row)

    def _newest_number(self, connection: Connection) -> int:
        asked = select(table.c.number).where(self._mine).order_by(table.c.number.desc()).limit(1)
        return connection.execute(asked).scalar() or 0

    def _store(self, made: Published) -> bool:
        row = {name: getattr(made, name) for name in Published.__slots__}
        row |= {"issuer": self._issuing.key_id, "shard": self._shard}
        older = and_(self._mine, table.c.number < made.number)
        try:
            with self._engine.connect() as connection:
                connection = connection.execution_options(sealbridge_writes=True)
                with connection.begin():
                    connection.execute(insert(table).values(row))
                    # Of older editions the dates are kept while they may be a base, not the contents.
                    connection.execute(update(table).where(older).values(complete=b"", delta=b""))
                    connection.execute(delete(table).where(older, table.c.next_update < made.this_update))
        except IntegrityError:
            return False
        return True


def _published(row: Any) -> Published:
    return Published(**{name: getattr(row, name) for name in Published.__slots__})


OnPublished = Callable[[str, Published], None]
"""Told the list's name and its new edition."""
