"""The book of every certificate the CA was about to sign, signed, or gave up.

A row is written, durably, before the token signs (the intent) and completed after. What lies between is an
unsettled intent: its serial number is spent whatever happened, and the next start shows it to an operator.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from cryptography import x509
from sqlalchemy import Engine, Row, bindparam, insert, select, update

from ca.errors import AlreadyRevoked, CertificateUnknown, IntentLapsed
from ca.group_commit import GroupCommit
from ca.tables import certificate


class State(StrEnum):
    """Where a certificate stands: intended, issued, or given up after a crash."""

    INTENDED = "intended"
    ISSUED = "issued"
    ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row. ``serial``: as an integer. ``tbs``: the DER that was about to be signed."""

    serial: int
    request_id: str
    issuer: str
    profile: str
    subject: str
    key_digest: str
    state: State
    tbs: bytes
    der: bytes | None
    not_before: datetime
    not_after: datetime
    prepared_at: datetime
    issued_at: datetime | None
    revoked_at: datetime | None
    reason: str | None

    @property
    def certificate(self) -> x509.Certificate:
        """The signed certificate. Raises CertificateUnknown for an intent."""
        if self.der is None:
            raise CertificateUnknown(f"{self.serial:x} was intended and not recorded as signed")
        return x509.load_der_x509_certificate(self.der)


_INTEND: Final = insert(certificate)
_RECORD: Final = (
    update(certificate)
    .where(certificate.c.serial == bindparam("at"), certificate.c.state == State.INTENDED)
    .values(state=State.ISSUED, der=bindparam("signed"), issued_at=bindparam("on"))
)


class Ledger:
    """Reads and writes the book. Safe for many threads; every write is durable when it returns."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writes = GroupCommit(engine)

    def intend(self, entries: Sequence[Entry]) -> None:
        """Write intents, all or none. Raises IntegrityError for a repeated serial or request id."""
        self._writes.execute(_INTEND, [_row(entry) for entry in entries])

    def record(self, signed: Sequence[tuple[int, bytes]], now: datetime) -> None:
        """Complete intents with (serial, DER certificate). Raises IntentLapsed if any was given up."""
        rows = [{"at": serial_text(serial), "signed": der, "on": now} for serial, der in signed]
        if self._writes.execute(_RECORD, rows) != len(rows):
            raise IntentLapsed("an intent was given up before its certificate was recorded")

    def abandon(self, serial: int, now: datetime) -> bool:
        """Give up an intent whose certificate was never delivered; False when it was recorded meanwhile.

        The token may have signed before the crash, so the serial number goes on the revocation list.
        """
        given_up = {"state": State.ABANDONED, "revoked_at": now, "reason": "cessation_of_operation"}
        return self._change(serial, State.INTENDED, given_up)

    def revoke(self, serial: int, reason: str, at: datetime) -> None:
        """Mark an issued certificate revoked. Raises CertificateUnknown, AlreadyRevoked."""
        if not self._change(serial, State.ISSUED, {"revoked_at": at, "reason": reason}, unrevoked=True):
            if self.find(serial).revoked_at is None:
                raise CertificateUnknown(f"{serial:x} was never issued")
            raise AlreadyRevoked(f"{serial:x} is revoked already")

    def find(self, serial: int) -> Entry:
        """The row of a serial number. Raises CertificateUnknown."""
        found = self._one(certificate.c.serial == serial_text(serial))
        if found is None:
            raise CertificateUnknown(f"no certificate {serial:x}")
        return found

    def find_by_request(self, request_id: str) -> Entry | None:
        """The row that a request led to, None when there is none (or only abandoned ones)."""
        return self._one((certificate.c.request_id == request_id) & (certificate.c.state != State.ABANDONED))

    def unsettled(self, before: datetime) -> list[Entry]:
        """Intents prepared before a time and without a signed certificate, oldest first."""
        asked = select(certificate).where(
            certificate.c.state == State.INTENDED, certificate.c.prepared_at < before
        )
        with self._engine.connect() as connection:
            return [_entry(row) for row in connection.execute(asked.order_by(certificate.c.prepared_at))]

    def revoked(self, issuer: str, now: datetime) -> Iterator[tuple[int, datetime, str]]:
        """(serial, revocation time, reason) of what ``issuer`` revoked and has not expired."""
        asked = select(certificate.c.serial, certificate.c.revoked_at, certificate.c.reason).where(
            certificate.c.issuer == issuer,
            certificate.c.revoked_at.is_not(None),
            certificate.c.not_after >= now,
        )
        with self._engine.connect() as connection:
            for serial, at, reason in connection.execute(asked.order_by(certificate.c.serial)):
                yield int(serial, 16), at, reason

    def _change(self, serial: int, state: State, values: dict[str, Any], *, unrevoked: bool = False) -> bool:
        change = update(certificate).where(
            certificate.c.serial == serial_text(serial), certificate.c.state == state
        )
        if unrevoked:
            change = change.where(certificate.c.revoked_at.is_(None))
        with self._engine.begin() as connection:
            return connection.execute(change.values(values)).rowcount == 1

    def _one(self, condition: Any) -> Entry | None:
        with self._engine.connect() as connection:
            row = connection.execute(select(certificate).where(condition)).one_or_none()
        return None if row is None else _entry(row)


def serial_text(serial: int) -> str:
    """A serial number as the table keeps it: lower-case hexadecimal without leading zeros."""
    return f"{serial:x}"


def _row(entry: Entry) -> dict[str, Any]:
    row = {name: getattr(entry, name) for name in Entry.__slots__}
    return row | {"serial": serial_text(entry.serial)}


def _entry(row: Row[Any]) -> Entry:
    values = row._asdict()
    return Entry(**values | {"serial": int(values["serial"], 16), "state": State(values["state"])})
