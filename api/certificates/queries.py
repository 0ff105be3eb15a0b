"""Rows of holdings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, desc, insert, select

from api.certificates.rules import Purpose
from api.certificates.tables import holding
from api.errors import NotFound


@dataclass(frozen=True, slots=True)
class Holding:
    """A certificate in somebody's hands. ``serial``: lower-case hexadecimal."""

    serial: str
    purpose: Purpose
    application_id: str
    person_id: int
    enterprise_name: str
    credit_code: str
    custody: str
    key_label: str
    issued_at: datetime


def add(tx: Connection, signing: Holding, encryption: Holding | None) -> None:
    """Store what an application gave: one certificate, or the two halves of a dual one."""
    values = {name: getattr(signing, name) for name in Holding.__slots__ if name != "purpose"}
    if encryption is not None:
        values["encryption_serial"] = encryption.serial
        values["encryption_key_label"] = encryption.key_label
    tx.execute(insert(holding).values(values))


def of_person(tx: Connection, person_id: int) -> list[Holding]:
    """A person's certificates, newest first."""
    return _found(tx, holding.c.person_id == person_id)


def of_enterprise(tx: Connection, credit_code: str) -> list[Holding]:
    """An enterprise's certificates, newest first, whoever holds them."""
    return _found(tx, holding.c.credit_code == credit_code)


def of_application(tx: Connection, application_id: str) -> list[Holding]:
    """What an application gave: the signing certificate, and then the other half of a dual one."""
    return _found(tx, holding.c.application_id == application_id)


def find_own(tx: Connection, serial: str, person_id: int) -> Holding:
    """A person's own certificate. Raises NotFound, for somebody else's too."""
    found = find(tx, serial)
    if found.person_id != person_id:
        raise NotFound("no such certificate")
    return found


def find(tx: Connection, serial: str) -> Holding:
    """A certificate in anybody's hands. Raises NotFound."""
    wanted = serial.lower()
    rows = _found(tx, (holding.c.serial == wanted) | (holding.c.encryption_serial == wanted))
    for one in rows:
        if one.serial == wanted:
            return one
    raise NotFound("no such certificate")


def _found(tx: Connection, condition: ColumnElement[bool]) -> list[Holding]:
    ordered = select(holding).where(condition).order_by(desc(holding.c.issued_at), holding.c.serial)
    return [half for row in tx.execute(ordered).mappings() for half in _halves(row)]


def _halves(row: RowMapping) -> Iterator[Holding]:
    shared = {name: row[name] for name in Holding.__slots__ if name not in ("serial", "purpose", "key_label")}
    yield Holding(serial=row["serial"], purpose=Purpose.SIGNING, key_label=row["key_label"], **shared)
    if row["encryption_serial"] is not None:
        serial, label = row["encryption_serial"], row["encryption_key_label"]
        yield Holding(serial=serial, purpose=Purpose.ENCRYPTION, key_label=label, **shared)
