"""Rows of seals and their one writer of status."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, RowMapping, desc, insert, select, update

from api.certificates import queries as holdings
from api.errors import NotFound
from api.paging import PageRequest, Part, fetch
from api.seals.errors import SealChoiceNeeded, SealNotInUse, SealSuspended
from api.seals.rules import IN_HAND, Action, Actor, Status, move, stands
from api.seals.tables import seal, seal_event
from ca.seals.rules import SealKind


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredSeal:
    """One seal, without its pictures. ``serial``: of the certificate that it is bound to. Sizes in
    thousandths of a millimetre. ``der``: the SESeal, None until it is made."""

    id: str
    serial: str
    credit_code: str | None
    kind: SealKind
    name: str
    design: dict[str, Any] | None
    status: Status
    pdf_sha256: str
    width_um: int
    height_um: int
    der: bytes | None
    applied_at: datetime
    made_at: datetime | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    suspended_by: Actor | None = None
    filed_number: str | None = None
    filed_on: date | None = None
    replaced_by: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Pictures:
    """``pdf``: one page of exactly the seal's size; ``png``: the same with a transparent ground."""

    pdf: bytes
    png: bytes


@dataclass(frozen=True, slots=True)
class By:
    """Who acts. ``name``: an operator's name, a person's id, or what of the system."""

    actor: Actor
    name: str


SYSTEM: Final = By(Actor.SYSTEM, "system")
_COLUMNS: Final = [seal.c[name] for name in RegisteredSeal.__slots__]


def add(tx: Connection, new: RegisteredSeal, pictures: Pictures, by: By, action: Action | None) -> None:
    """Store a seal with its first event. IntegrityError when there is one like it in hand or under way."""
    values = {name: getattr(new, name) for name in RegisteredSeal.__slots__}
    tx.execute(insert(seal).values(values | {"pdf": pictures.pdf, "png": pictures.png}))
    at = new.made_at or new.applied_at
    _write_down(tx, new.id, at, "apply" if action is None else action, by, None, new.status, new.note)


def find(tx: Connection, seal_id: str) -> RegisteredSeal:
    """A seal of anybody's. Raises NotFound."""
    row = tx.execute(select(*_COLUMNS).where(seal.c.id == seal_id)).mappings().one_or_none()
    if row is None:
        raise NotFound("no such seal")
    return _read(row)


def find_of(tx: Connection, seal_id: str, person_id: int) -> RegisteredSeal:
    """A seal of a person's own certificate. Raises NotFound, for somebody else's too."""
    found = find(tx, seal_id)
    holdings.find_own(tx, found.serial, person_id)
    return found


def page_of(
    tx: Connection, status: Status | None, credit_code: str | None, page: PageRequest
) -> Part[RegisteredSeal]:
    """Seals in a status, or of an enterprise, the newest first."""
    asked = select(*_COLUMNS)
    if status is not None:
        asked = asked.where(seal.c.status == status)
    if credit_code is not None:
        asked = asked.where(seal.c.credit_code == credit_code)
    return fetch(tx, asked, page, [seal.c.applied_at, seal.c.id]).map(lambda row: _read(row._mapping))


def pictures(tx: Connection, seal_id: str) -> Pictures:
    """What a seal looks like. Raises NotFound."""
    row = tx.execute(select(seal.c.pdf, seal.c.png).where(seal.c.id == seal_id)).one_or_none()
    if row is None:
        raise NotFound("no such seal")
    return Pictures(row.pdf, row.png)


def of_certificate(tx: Connection, serial: str) -> list[RegisteredSeal]:
    """A certificate's seals, the newest first."""
    return _found(tx, seal.c.serial == serial.lower())


def newest_alike(tx: Connection, serial: str, kind: SealKind, name: str) -> RegisteredSeal | None:
    """The certificate's newest seal of a kind and a name that was made, whatever became of it."""
    alike = (seal.c.serial == serial) & (seal.c.kind == kind) & (seal.c.name == name)
    found = _found(tx, alike & seal.c.made_at.is_not(None))
    return next((one for one in found if one.status in IN_HAND), found[0] if found else None)


def seal_in_use(tx: Connection, serial: str, kind: SealKind) -> RegisteredSeal:
    """The certificate's seal of a kind. Raises SealSuspended, SealNotInUse (also when there never was one),
    SealChoiceNeeded."""
    found = [one for one in of_certificate(tx, serial) if one.kind is kind and one.status in IN_HAND]
    used = [one for one in found if one.status is Status.MADE]
    if not used:
        raise SealSuspended("it is suspended") if found else SealNotInUse(f"no {kind} seal is in use")
    if len(used) > 1:
        raise SealChoiceNeeded(f"{len(used)} seals of this kind are in use")
    return used[0]


def require_in_use(tx: Connection, seal_id: str, serial: str, *, hold: bool = False) -> RegisteredSeal:
    """A certificate's own seal by its id. ``hold``: in a writing transaction, have whoever would suspend or
    destroy it wait for its end. Raises NotFound, SealSuspended, SealNotInUse."""
    if hold:
        tx.execute(select(seal.c.id).where(seal.c.id == seal_id).with_for_update())
    found = find(tx, seal_id)
    if found.serial != serial.lower():
        raise NotFound("no such seal of this certificate")
    if found.status is Status.SUSPENDED:
        raise SealSuspended("it is suspended")
    if found.status is not Status.MADE:
        raise SealNotInUse(f"it is {found.status}")
    return found


def advance(
    tx: Connection,
    known: RegisteredSeal,
    action: Action,
    by: By,
    now: datetime,
    note: str | None = None,
    **changes: Any,
) -> RegisteredSeal:
    """Move a seal: the only writer of ``status``. Raises SealState, also when another request moved it since
    ``known`` was read."""
    after = move(known.status, action, by.actor, known.suspended_by)
    values: dict[str, Any] = changes | {"status": after, "note": note}
    values["suspended_by"] = by.actor if action is Action.SUSPEND else None
    if action is Action.FILE:
        values["suspended_by"] = known.suspended_by
    unmoved = (seal.c.id == known.id) & (seal.c.status == known.status)
    # Released and suspended again meanwhile, it may be an operator's by now, and not the holder's to release.
    unmoved &= seal.c.suspended_by.is_not_distinct_from(known.suspended_by)
    if tx.execute(update(seal).where(unmoved).values(values)).rowcount != 1:
        raise stands("another request was first", find(tx, known.id).status)
    _write_down(tx, known.id, now, action, by, known.status, after, note)
    return find(tx, known.id)


def follow(tx: Connection, former: RegisteredSeal, successor: str) -> None:
    """Write down which seal takes the place of one that goes on until its certificate ends."""
    tx.execute(update(seal).where(seal.c.id == former.id).values(replaced_by=successor))


def history(tx: Connection, seal_id: str) -> list[RowMapping]:
    """What was done with a seal, the oldest first."""
    asked = select(seal_event).where(seal_event.c.seal_id == seal_id).order_by(seal_event.c.id)
    return list(tx.execute(asked).mappings())


def _write_down(
    tx: Connection,
    seal_id: str,
    at: datetime,
    action: str,
    by: By,
    before: Status | None,
    after: Status,
    note: str | None,
) -> None:
    row = {"seal_id": seal_id, "at": at, "action": action, "actor": by.actor, "actor_name": by.name}
    tx.execute(insert(seal_event).values(row | {"before": before, "after": after, "note": note}))


def _found(tx: Connection, condition: ColumnElement[bool]) -> list[RegisteredSeal]:
    asked = select(*_COLUMNS).where(condition).order_by(desc(seal.c.applied_at), seal.c.id)
    return [_read(row) for row in tx.execute(asked).mappings()]


def _read(row: RowMapping) -> RegisteredSeal:
    told = dict(row)
    told["kind"], told["status"] = SealKind(told["kind"]), Status(told["status"])
    if told["suspended_by"] is not None:
        told["suspended_by"] = Actor(told["suspended_by"])
    return RegisteredSeal(**told)
