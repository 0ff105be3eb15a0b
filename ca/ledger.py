"""The book of every certificate the CA was about to sign, signed, or gave up.

A row is written, durably, before the token signs (the intent) and completed after. What lies between is an
unsettled intent: its serial number is spent whatever happened, and the next start shows it to an operator.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from cryptography import x509
from sqlalchemy import Connection, Engine, Row, bindparam, insert, select, text, update

from ca import status_changes
from ca.audit.event import Action, Event
from ca.audit.journal import Journal
from ca.errors import AlreadyRevoked, CertificateUnknown, IntentLapsed
from ca.group_commit import GroupCommit
from ca.status import HOLD, Act, Revocation, Standing, move, standing
from ca.tables import certificate


class State(StrEnum):
    """Where a certificate stands: intended, issued, or given up after a crash."""

    INTENDED = "intended"
    ISSUED = "issued"
    ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row. ``tbs``: the DER about to be signed. ``replaces``: the serial number of what it renews.
    ``credit_code``: of the enterprise that it names."""

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
    issued_at: datetime | None = None
    revoked_at: datetime | None = None
    reason: str | None = None
    invalidity_date: datetime | None = None
    status_changed_at: datetime | None = None
    crl_shard: int = 0
    replaces: int | None = None
    credit_code: str | None = None

    @property
    def revocation(self) -> Revocation | None:
        """When and why it was revoked or suspended, None while it stands."""
        return _revocation(self.revoked_at, self.reason, self.invalidity_date)

    @property
    def certificate(self) -> x509.Certificate:
        """The signed certificate. Raises CertificateUnknown for an intent."""
        if self.der is None:
            raise CertificateUnknown(f"{self.serial:x} was intended and not recorded as signed")
        return x509.load_der_x509_certificate(self.der)


@dataclass(frozen=True, slots=True)
class KeyUse:
    """A key with whom and what it was certified for. ``reason``: of a revocation, None without one."""

    key_digest: str
    subject: str
    profile: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Status:
    """What is known of an issued serial number. ``revocation``: None while it stands."""

    not_after: datetime
    revocation: Revocation | None


InTransaction = Callable[[Connection], None]
"""More to write in the transaction of a change."""

JudgeUses = Callable[[Sequence[KeyUse]], None]
"""Raises what forbids a use of keys beside the others."""

STANDS: Final = {
    Standing.GOOD: (certificate.c.state == State.ISSUED) & certificate.c.revoked_at.is_(None),
    Standing.SUSPENDED: (certificate.c.state == State.ISSUED) & (certificate.c.reason == HOLD),
}
"""Where an issued certificate may still be changed."""

ACTIONS: Final = {
    Act.SUSPEND: Action.CERTIFICATE_SUSPENDED,
    Act.RELEASE: Action.CERTIFICATE_RELEASED,
    Act.REVOKE: Action.CERTIFICATE_REVOKED,
}
"""How the journal calls each act."""

_INTEND: Final = insert(certificate)
_RECORD: Final = (
    update(certificate)
    .where(certificate.c.serial == bindparam("at"), certificate.c.state == State.INTENDED)
    .values(state=State.ISSUED, der=bindparam("signed"), issued_at=bindparam("on"))
)


# Built once: building it takes half as long as an RSA signature.
_STATUS_OF: Final = select(
    certificate.c.not_after,
    certificate.c.revoked_at,
    certificate.c.reason,
    certificate.c.invalidity_date,
).where(
    certificate.c.serial == bindparam("serial_asked"),
    certificate.c.issuer == bindparam("issuer_asked"),
    certificate.c.state != State.INTENDED,
)


class Ledger:
    """Reads and writes the book. Safe for many threads; every write is durable when it returns.

    ``journal``: is told, in the same transaction, what was issued, given up, suspended, released and revoked.
    """

    def __init__(self, engine: Engine, journal: Journal | None = None) -> None:
        self._engine = engine
        self._journal = journal
        self._writes = GroupCommit(engine)

    def intend(self, entries: Sequence[Entry], judge: JudgeUses) -> None:
        """Write intents, all or none.

        ``judge``: is given what the keys are certified for, these intents included, while nobody else can
        intend the same keys; what it raises keeps all of them from being written. Raises IntegrityError for a
        repeated serial or request id.
        """
        keys = sorted({entry.key_digest for entry in entries})

        def judged(connection: Connection) -> None:
            _hold_keys(connection, keys)
            judge(_uses_of_keys(connection, keys))

        self._writes.execute(_INTEND, [_row(entry) for entry in entries], judged)

    def judge_keys(self, entries: Sequence[Entry], judge: JudgeUses) -> None:
        """What ``intend`` would say of these keys now; nothing is written and nothing held."""
        asked = [KeyUse(one.key_digest, one.subject, one.profile, None) for one in entries]
        with self._engine.connect() as connection:
            known = _uses_of_keys(connection, sorted({one.key_digest for one in entries}))
        judge([*known, *asked])

    def record(self, signed: Sequence[tuple[int, bytes]], now: datetime) -> None:
        """Complete intents with (serial, DER certificate). Raises IntentLapsed if any was given up."""
        rows = [{"at": serial_text(serial), "signed": der, "on": now} for serial, der in signed]
        told = [
            Event(
                Action.CERTIFICATE_ISSUED,
                serial_text(serial),
                detail={"sha256": hashlib.sha256(der).hexdigest()},
            )
            for serial, der in signed
        ]
        if self._writes.execute(_RECORD, rows, lambda connection: self._tell(connection, *told)) != len(rows):
            raise IntentLapsed("an intent was given up before its certificate was recorded")

    def abandon(self, serial: int, now: datetime) -> bool:
        """Give up an intent whose certificate was never delivered; False when it was recorded meanwhile.

        The token may have signed before the crash, so the serial number goes on the revocation list.
        """
        given_up = _revoked_values(Revocation(now, "cessation_of_operation"), now)
        intended = certificate.c.state == State.INTENDED
        told = Event(Action.CERTIFICATE_ABANDONED, serial_text(serial))
        return self._change(serial, intended, {"state": State.ABANDONED, **given_up}, told)

    def change_status(
        self,
        serial: int,
        act: Act,
        revocation: Revocation | None,
        now: datetime,
        also: InTransaction | None = None,
    ) -> Entry:
        """Suspend, release or revoke an issued certificate; returns the row as it was before.

        ``revocation``: what is true from now on, None for a release. ``also``: what must be kept with it, or
        not at all. Raises CertificateUnknown, StatusConflict (AlreadyRevoked among them).
        """
        while True:
            known = self.find(serial)
            if known.state is not State.ISSUED:
                raise CertificateUnknown(f"{serial:x} was never issued")
            before = standing(known.revocation)
            if before is Standing.REVOKED:
                raise AlreadyRevoked(f"{serial:x} is revoked already", standing=before)
            move(before, act)
            detail = {} if revocation is None else {"reason": revocation.reason}
            told = Event(ACTIONS[act], serial_text(serial), detail=detail)
            if self._change(serial, STANDS[before], _revoked_values(revocation, now), told, also):
                return known
            # Another operator was faster: judge again by what is true now.

    def status_of(self, issuer: str, serial: int) -> Status | None:
        """What a responder may say of a serial number, None when ``issuer`` never issued it.

        An intent is not issued yet; a given-up one is revoked.
        """
        meant = {"serial_asked": serial_text(serial), "issuer_asked": issuer}
        with self._engine.connect() as connection:
            row = connection.execute(_STATUS_OF, meant).one_or_none()
        return None if row is None else Status(row[0], _revocation(*row[1:]))

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

    def _tell(self, connection: Connection, *events: Event) -> None:
        if self._journal is not None:
            self._journal.append(connection, *events)

    def _change(
        self,
        serial: int,
        condition: Any,
        values: dict[str, Any],
        told: Event,
        also: InTransaction | None = None,
    ) -> bool:
        mine = certificate.c.serial == serial_text(serial)
        with self._engine.connect() as connection:
            connection = connection.execution_options(sealbridge_writes=True)
            with connection.begin():
                changed = connection.execute(update(certificate).where(mine, condition).values(values))
                if changed.rowcount != 1:
                    return False
                listed_on = select(certificate.c.issuer, certificate.c.crl_shard).where(mine)
                status_changes.count(connection, *connection.execute(listed_on).one())
                if also is not None:
                    also(connection)
                self._tell(connection, told)
                return True

    def _one(self, condition: Any) -> Entry | None:
        with self._engine.connect() as connection:
            row = connection.execute(select(certificate).where(condition)).one_or_none()
        return None if row is None else _entry(row)


def _uses_of_keys(connection: Connection, key_digests: Sequence[str]) -> list[KeyUse]:
    """What these keys were certified for, given-up intents apart; each kind of use once."""
    asked = select(
        certificate.c.key_digest, certificate.c.subject, certificate.c.profile, certificate.c.reason
    ).distinct()
    known = certificate.c.key_digest.in_(key_digests) & (certificate.c.state != State.ABANDONED)
    return [KeyUse(*row) for row in connection.execute(asked.where(known))]


def _hold_keys(connection: Connection, key_digests: Sequence[str]) -> None:
    """Until the transaction ends nobody else holds these keys. On SQLite a writer excludes all others."""
    if connection.dialect.name == "postgresql":
        locks = [{"key": int(digest[:15], 16)} for digest in key_digests]
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), locks)


def serial_text(serial: int) -> str:
    """A serial number as the table keeps it: lower-case hexadecimal without leading zeros."""
    return f"{serial:x}"


def _revocation(
    at: datetime | None, reason: str | None, invalidity_date: datetime | None
) -> Revocation | None:
    return None if at is None or reason is None else Revocation(at, reason, invalidity_date)


def _revoked_values(revocation: Revocation | None, now: datetime) -> dict[str, Any]:
    return {
        "revoked_at": revocation and revocation.at,
        "reason": revocation and revocation.reason,
        "invalidity_date": revocation and revocation.invalidity_date,
        "status_changed_at": now,
    }


def _row(entry: Entry) -> dict[str, Any]:
    row = {name: getattr(entry, name) for name in Entry.__slots__}
    replaced = None if entry.replaces is None else serial_text(entry.replaces)
    return row | {"serial": serial_text(entry.serial), "replaces": replaced}


def _entry(row: Row[Any]) -> Entry:
    values = row._asdict()
    replaced = values["replaces"]
    values["replaces"] = None if replaced is None else int(replaced, 16)
    return Entry(**values | {"serial": int(values["serial"], 16), "state": State(values["state"])})
