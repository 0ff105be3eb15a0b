"""Checks and identities as rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from api.errors import NotFound
from api.realname.errors import CheckClosed
from api.realname.rules import NAMES, WINDOW, Action, Method, Reason, Status, move
from api.realname.tables import check, identity


@dataclass(frozen=True, slots=True)
class Check:
    """One check. ``id_number``: sealed, bound to ``bound_to_check``. ``ends_at``: when it lapses."""

    id: str
    person_id: int
    method: Method
    status: Status
    reason: Reason | None
    name: str = field(repr=False)
    id_number: bytes = field(repr=False)
    id_number_hash: str = field(repr=False)
    provider: str
    reference: str | None
    answer_digest: str | None
    started_at: datetime
    ends_at: datetime
    asked_at: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who an account belongs to. ``id_number``: sealed, bound to ``bound_to_identity``."""

    person_id: int
    name: str = field(repr=False)
    id_number: bytes = field(repr=False)
    id_number_hash: str = field(repr=False)
    method: Method
    check_id: str
    verified_at: datetime
    expires_at: datetime


def bound_to_check(check_id: str) -> str:
    """What the number in a check's row is bound to."""
    return f"{check_id} real-name check"


def bound_to_identity(person_id: int) -> str:
    """What the number in an identity's row is bound to."""
    return f"{person_id} identity"


def identity_of(tx: Connection, person_id: int, now: datetime) -> Identity | None:
    """The identity of an account, while it is in force."""
    mine = identity.c.person_id == person_id, identity.c.expires_at > now
    found = tx.execute(select(identity).where(*mine)).one_or_none()
    return None if found is None else _identity(found)


def known_identity(tx: Connection, person_id: int) -> Identity | None:
    """The identity of an account, expired or not."""
    found = tx.execute(select(identity).where(identity.c.person_id == person_id)).one_or_none()
    return None if found is None else _identity(found)


def holder_of(tx: Connection, id_number_hash: str) -> Identity | None:
    """The account that has this identity number."""
    found = tx.execute(select(identity).where(identity.c.id_number_hash == id_number_hash)).one_or_none()
    return None if found is None else _identity(found)


def belongs_to_other(tx: Connection, person_id: int, id_number_hash: str) -> bool:
    """Whether this account has been somebody else's, and no operator has given it free since."""
    other = check.c.person_id == person_id, check.c.id_number_hash != id_number_hash
    asked = select(check.c.id).where(*other, check.c.status == Status.PASSED).limit(1)
    return tx.execute(asked).first() is not None


def counted(
    tx: Connection, person_id: int, id_number_hash: str, now: datetime
) -> tuple[list[datetime], list[datetime]]:
    """When the checks of the last 24 hours began: the person's, and all of this number.

    Those that failed for the provider's sake do not count.
    """
    of_person, of_number = check.c.person_id == person_id, check.c.id_number_hash == id_number_hash
    counts = or_(check.c.reason.is_(None), check.c.reason != Reason.PROVIDER_FAILED)
    recent = select(check.c.started_at).where(check.c.started_at > now - WINDOW, counts)
    mine = [row.started_at for row in tx.execute(recent.where(of_person))]
    return mine, [row.started_at for row in tx.execute(recent.where(of_number))]


def find_own(tx: Connection, check_id: str, person_id: int) -> Check:
    """A check of this person. Raises NotFound."""
    found = find(tx, check_id)
    if found is None or found.person_id != person_id:
        raise NotFound(f"no check {check_id!r} of this person")
    return found


def find(tx: Connection, check_id: str) -> Check | None:
    """A check of anybody."""
    found = tx.execute(select(check).where(check.c.id == check_id)).one_or_none()
    return None if found is None else _check(found)


def open_of(tx: Connection, person_id: int) -> list[Check]:
    """The person's checks that have not ended; there is one at most, unless a crash intervened."""
    mine = check.c.person_id == person_id, check.c.status == Status.STARTED
    return [_check(row) for row in tx.execute(select(check).where(*mine))]


def add(tx: Connection, new: Check) -> None:
    """Keep a new check."""
    names = [column.name for column in check.columns]
    tx.execute(insert(check).values({name: getattr(new, name) for name in names}))


def close(tx: Connection, known: Check, action: Action, now: datetime, **evidence: str | None) -> Status:
    """End a check. ``evidence``: ``reason``, ``reference`` and ``answer_digest``.

    Raises CheckClosed when it has ended, or does so at the same moment.
    """
    after = move(known.status, action)
    mine = check.c.id == known.id, check.c.status == known.status
    changed = tx.execute(update(check).where(*mine).values(status=after, closed_at=now, **evidence))
    if changed.rowcount != 1:
        raise CheckClosed("another request was faster", status_name=NAMES[after])
    return after


def announce(tx: Connection, check_id: str, reference: str) -> None:
    """Note the provider's number of a check that goes on at its page."""
    tx.execute(update(check).where(check.c.id == check_id).values(reference=reference))


def take_turn(tx: Connection, known: Check, now: datetime, before: datetime) -> bool:
    """Whether the provider may be asked about this check now: nobody else has since ``before``."""
    turn = or_(check.c.asked_at.is_(None), check.c.asked_at <= before)
    mine = check.c.id == known.id, check.c.status == Status.STARTED
    return tx.execute(update(check).where(*mine, turn).values(asked_at=now)).rowcount == 1


def _check(row: Row[Any]) -> Check:
    values = dict(row._mapping)
    values |= {"method": Method(row.method), "status": Status(row.status)}
    return Check(**values | {"reason": None if row.reason is None else Reason(row.reason)})


def _identity(row: Row[Any]) -> Identity:
    return Identity(**dict(row._mapping) | {"method": Method(row.method)})
