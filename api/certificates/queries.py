"""Rows of holdings, each half of a dual certificate by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    RowMapping,
    insert,
    literal,
    null,
    or_,
    select,
    union_all,
    update,
)

from api.catalogue.rules import CertificateKind
from api.certificates.rules import Purpose, SuspendedBy
from api.certificates.tables import holding
from api.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A certificate in somebody's hands. ``serial``: lower-case hexadecimal.

    ``id_number_hash``: what the holder's rows are found by. ``replaced_by``: the serial of its successor.
    ``suspended_by``: while it is suspended.
    """

    serial: str
    purpose: Purpose = Purpose.SIGNING
    application_id: str
    person_id: int
    kind: CertificateKind
    person_name: str
    id_number_hash: str | None = None
    enterprise_name: str | None = None
    credit_code: str | None = None
    custody: str
    key_label: str
    issued_at: datetime
    replaced_by: str | None = None
    suspended_by: SuspendedBy | None = None


_SHARED: Final = tuple(
    name for name in Holding.__slots__ if name not in ("serial", "purpose", "key_label", "replaced_by")
)


def halves(condition: ColumnElement[bool]) -> CompoundSelect[Any]:
    """Of the rows that fit ``condition``: a row for each half, ``half`` 1 for the signing one.

    An encryption half that goes on with a new signing half is of the new row alone.
    """
    shared = [holding.c[name] for name in _SHARED]
    signing = select(
        holding.c.serial,
        literal(Purpose.SIGNING.value).label("purpose"),
        literal(1).label("half"),
        holding.c.key_label,
        holding.c.replaced_by,
        *shared,
    )
    encryption = select(
        holding.c.encryption_serial,
        literal(Purpose.ENCRYPTION.value),
        literal(0),
        holding.c.encryption_key_label,
        null(),
        *shared,
    )
    return union_all(
        signing.where(condition), encryption.where(condition, holding.c.encryption_serial.is_not(None))
    )


def add(tx: Connection, signing: Holding, encryption: Holding | None) -> None:
    """Store what an application gave: one certificate, or the two halves of a dual one."""
    values = {name: getattr(signing, name) for name in Holding.__slots__ if name != "purpose"}
    if encryption is not None:
        values["encryption_serial"] = encryption.serial
        values["encryption_key_label"] = encryption.key_label
    tx.execute(insert(holding).values(values))


def replace(tx: Connection, serial: str, successor: str) -> bool:
    """Write down what follows a signing certificate; False when something else does already."""
    mine = (holding.c.serial == serial) & or_(
        holding.c.replaced_by.is_(None), holding.c.replaced_by == successor
    )
    return tx.execute(update(holding).where(mine).values(replaced_by=successor)).rowcount == 1


def detach_encryption(tx: Connection, serial: str) -> None:
    """Take the encryption half from a row, for the row of the signing half that it goes on with."""
    freed = {"encryption_serial": None, "encryption_key_label": None}
    tx.execute(update(holding).where(holding.c.serial == serial).values(freed))


def of_person(tx: Connection, person_id: int) -> list[Holding]:
    """A person's certificates, newest first."""
    return _found(tx, holding.c.person_id == person_id)


def of_enterprise(tx: Connection, credit_code: str) -> list[Holding]:
    """An enterprise's certificates, newest first, whoever holds them."""
    return _found(tx, holding.c.credit_code == credit_code)


def of_application(tx: Connection, application_id: str) -> list[Holding]:
    """What an application gave: the signing certificate, and then the other half of a dual one."""
    return _found(tx, holding.c.application_id == application_id)


def of_key(tx: Connection, label: str) -> Holding | None:
    """The certificate of a key, None while it has none."""
    found = _found(tx, or_(holding.c.key_label == label, holding.c.encryption_key_label == label))
    return next((one for one in found if one.key_label == label), None)


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


def read(row: RowMapping) -> Holding:
    """A row of ``halves``."""
    told = {name: row[name] for name in Holding.__slots__}
    told["purpose"], told["kind"] = Purpose(row["purpose"]), CertificateKind(row["kind"])
    told["suspended_by"] = None if row["suspended_by"] is None else SuspendedBy(row["suspended_by"])
    return Holding(**told)


def _found(tx: Connection, condition: ColumnElement[bool]) -> list[Holding]:
    both = halves(condition).subquery()
    order = both.c.issued_at.desc(), both.c.application_id.desc(), both.c.half.desc()
    return [read(row) for row in tx.execute(select(both).order_by(*order)).mappings()]
