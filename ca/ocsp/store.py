"""Answers signed ahead, each beside the status that it tells of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Engine, and_, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from ca.ledger import State, Status, serial_text
from ca.status import Revocation
from ca.tables import certificate
from ca.tables import ocsp_answer as table


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """A signed answer. ``status``: what it tells, see ``status_text``. ``renew_at``: when to sign anew."""

    issuer: str
    serial: int
    hash_name: str
    status: str
    this_update: datetime
    next_update: datetime
    renew_at: datetime
    der: bytes


_STATUS: Final = (
    certificate.c.not_after,
    certificate.c.revoked_at,
    certificate.c.reason,
    certificate.c.invalidity_date,
)

_LOOK_UP: Final = (  # built once, because building it takes longer than running it
    select(*_STATUS, *(column.label(f"kept_{column.name}") for column in table.c))
    .select_from(
        certificate.outerjoin(
            table,
            and_(
                table.c.issuer == certificate.c.issuer,
                table.c.serial == certificate.c.serial,
                table.c.hash_name == bindparam("hash_asked"),
            ),
        )
    )
    .where(
        certificate.c.serial == bindparam("serial_asked"),
        certificate.c.issuer == bindparam("issuer_asked"),
        certificate.c.state != State.INTENDED,
    )
)


def status_text(status: Status) -> str:
    """What tells one status from another."""
    told = status.revocation
    return "good" if told is None else f"{told.at.isoformat()} {told.reason} {told.invalidity_date}"


class AnswerStore:
    """Reads and writes kept answers. Safe for many threads and processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def look_up(self, issuer: str, serial: int, hash_name: str) -> tuple[Status | None, KeptAnswer | None]:
        """The certificate's status now (None: never issued) and the answer that is kept, which may be old."""
        meant = {
            "serial_asked": serial_text(serial),
            "issuer_asked": issuer,
            "hash_asked": hash_name,
        }
        with self._engine.connect() as connection:
            row = connection.execute(_LOOK_UP, meant).one_or_none()
        return (None, None) if row is None else (_status(row), _kept(row))

    def keep(self, answers: Sequence[KeptAnswer]) -> None:
        """Store answers in place of earlier ones."""
        rows = [_row(one) for one in answers]
        if not rows:
            return
        with self._engine.connect() as connection:
            connection = connection.execution_options(sealbridge_writes=True)
            with connection.begin():
                insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
                made = insert(table)
                again = {name: made.excluded[name] for name in rows[0]}
                connection.execute(
                    made.on_conflict_do_update(index_elements=["issuer", "serial", "hash_name"], set_=again),
                    rows,
                )

    def to_renew(self, now: datetime, limit: int) -> list[tuple[str, int, str, Status]]:
        """(issuer, serial, hash, status) of kept answers that should be signed anew, the oldest first."""
        mine = and_(table.c.issuer == certificate.c.issuer, table.c.serial == certificate.c.serial)
        asked = (
            select(table.c.issuer, table.c.serial, table.c.hash_name, *_STATUS)
            .select_from(table.join(certificate, mine))
            .where(table.c.renew_at <= now, certificate.c.not_after >= now)
            .order_by(table.c.renew_at)
            .limit(limit)
        )
        return self._listed(asked)

    def unanswered(self, now: datetime, after: str, limit: int) -> list[tuple[str, int, str, Status]]:
        """As ``to_renew``, of certificates without an answer, by serial number from ``after`` on."""
        answered = and_(
            table.c.issuer == certificate.c.issuer,
            table.c.serial == certificate.c.serial,
            table.c.hash_name == "sha1",
        )
        asked = (
            select(certificate.c.issuer, certificate.c.serial, *_STATUS)
            .select_from(certificate.outerjoin(table, answered))
            .where(certificate.c.serial > after, certificate.c.state != State.INTENDED)
            .where(certificate.c.not_after >= now, table.c.serial.is_(None))
            .order_by(certificate.c.serial)
            .limit(limit)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(asked).all()
        return [(row.issuer, int(row.serial, 16), "sha1", _status(row)) for row in rows]

    def forget(self, before: datetime) -> int:
        """Drop answers of certificates that have ended; returns how many."""
        ended = delete(table).where(table.c.next_update < before)
        with self._engine.connect() as connection:
            connection = connection.execution_options(sealbridge_writes=True)
            with connection.begin():
                return connection.execute(ended).rowcount

    def _listed(self, asked: Any) -> list[tuple[str, int, str, Status]]:
        with self._engine.connect() as connection:
            rows = connection.execute(asked).all()
        return [(row.issuer, int(row.serial, 16), row.hash_name, _status(row)) for row in rows]


def _status(row: Any) -> Status:
    told = None if row.revoked_at is None else Revocation(row.revoked_at, row.reason, row.invalidity_date)
    return Status(row.not_after, told)


def _kept(row: Any) -> KeptAnswer | None:
    if row.kept_serial is None:
        return None
    values = {name: getattr(row, f"kept_{name}") for name in KeptAnswer.__slots__}
    return KeptAnswer(**values | {"serial": int(row.kept_serial, 16)})


def _row(answer: KeptAnswer) -> dict[str, Any]:
    row = {name: getattr(answer, name) for name in KeptAnswer.__slots__}
    return row | {"serial": serial_text(answer.serial)}
