"""Operators: a name, roles and an Argon2id password, with a pause after a few wrong ones."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.accounts.errors import (
    OperatorExists,
    OperatorIdentityTaken,
    OperatorPaused,
    OperatorRefused,
    OperatorUnknown,
)
from api.accounts.pacing import Pacing
from api.accounts.passwords import fits, hash_password, is_outdated
from api.accounts.rules import (
    TRIES_FROM_ADDRESS,
    TRIES_OF_OPERATOR,
    TRIES_OF_PASSWORD,
    Pace,
    Role,
    check_operator_password,
    network_of,
    seconds,
)
from api.accounts.sessions import Operator
from api.accounts.tables import operator, operator_role
from api.db import Database
from ca.audit.event import Action, Event, Outcome
from ca.audit.journal import Journal

_NOBODY: Final = "a name that no operator has"


def add_operator(
    db: Database,
    name: str,
    password: str,
    now: datetime,
    journal: Journal | None = None,
    roles: Iterable[Role] = (Role.REVIEWER,),
) -> None:
    """Register an operator. Raises PasswordWeak, OperatorExists."""
    check_operator_password(password)
    row = {"name": name, "password_hash": hash_password(password), "created_at": now}
    try:
        with db.write() as tx:
            made = tx.execute(insert(operator).values(row).returning(operator.c.id)).scalar_one()
            told = _give(tx, made, roles)
            if journal is not None:
                journal.append(tx, Event(Action.OPERATOR_ADDED, name, detail={"roles": told}))
    except IntegrityError:
        raise OperatorExists(f"there is an operator {name!r}") from None


def set_roles(db: Database, name: str, roles: Iterable[Role], journal: Journal) -> None:
    """Give an operator these roles and no others; without any nothing can be done any more.

    Running sessions have them from their next request on. Raises OperatorUnknown.
    """
    with db.write() as tx:
        found = tx.execute(select(operator.c.id).where(operator.c.name == name)).scalar_one_or_none()
        if found is None:
            raise OperatorUnknown(f"no operator {name!r}")
        tx.execute(delete(operator_role).where(operator_role.c.operator_id == found))
        told = _give(tx, found, roles)
        journal.append(tx, Event(Action.OPERATOR_CHANGED, name, detail={"roles": told}))


def set_identity(db: Database, name: str, id_number_hash: str, journal: Journal) -> None:
    """Write down who an operator is, by the keyed hash of the identity number.

    Raises OperatorUnknown, OperatorIdentityTaken.
    """
    mine = update(operator).where(operator.c.name == name).values(id_number_hash=id_number_hash)
    try:
        with db.write() as tx:
            if tx.execute(mine).rowcount != 1:
                raise OperatorUnknown(f"no operator {name!r}")
            journal.append(tx, Event(Action.OPERATOR_CHANGED, name, detail={"identity": "registered"}))
    except IntegrityError:
        raise OperatorIdentityTaken("another operator has this identity number") from None


def identity_of(tx: Connection, operator_id: int) -> str | None:
    """The keyed hash of an operator's identity number, None while nobody registered it."""
    asked = select(operator.c.id_number_hash).where(operator.c.id == operator_id)
    return tx.execute(asked).scalar_one_or_none()


def _give(tx: Connection, operator_id: int, roles: Iterable[Role]) -> str:
    given = sorted(set(roles))
    if given:
        tx.execute(insert(operator_role), [{"operator_id": operator_id, "role": one} for one in given])
    return ",".join(given)


def all_operators(tx: Connection) -> list[Operator]:
    """Everybody, by name."""
    held: dict[int, set[Role]] = {}
    for row in tx.execute(select(operator_role)):
        held.setdefault(row.operator_id, set()).add(Role(row.role))
    everybody = tx.execute(select(operator.c.id, operator.c.name).order_by(operator.c.name))
    return [Operator(row.id, row.name, frozenset(held.get(row.id, ()))) for row in everybody]


def has_operators(tx: Connection) -> bool:
    """Whether anybody could review an application."""
    return tx.execute(select(operator.c.id).limit(1)).first() is not None


def check_operator(
    db: Database, pacing: Pacing, name: str, password: str, address: str, now: datetime, journal: Journal
) -> int:
    """The id of the operator with this password. Raises OperatorRefused, OperatorPaused.

    A name that nobody has is answered like any other, as slowly and as often.
    """
    network = network_of(address)
    with db.write() as tx:  # the try is counted before the password is looked at: parallel ones count too
        wait = _count_try(tx, pacing, name, network, now)
        known = tx.execute(select(operator).where(operator.c.name == name)).one_or_none()
    if wait:
        raise OperatorPaused("too many wrong passwords", wait_seconds=seconds(wait))
    if not fits(None if known is None else known.password_hash, password) or known is None:
        # What was typed for a name that nobody has may be a password.
        told = _NOBODY if known is None else name
        journal.record(Event(Action.OPERATOR_SIGNED_IN, told, Outcome.REFUSED, OperatorRefused.code))
        raise OperatorRefused("wrong name or password")
    with db.write() as tx:
        pacing.forget(tx, *_from(name, network))
        if is_outdated(known.password_hash):
            anew = update(operator).where(operator.c.id == known.id)
            tx.execute(anew.values(password_hash=hash_password(password)))
    return int(known.id)


def _count_try(tx: Connection, pacing: Pacing, name: str, network: str, now: datetime) -> timedelta:
    """How long to wait when no password may be tried now. Who guesses pauses their own address, not the
    operator's; all addresses together have a limit that guessing does not get far with."""
    paces: list[tuple[Pace, tuple[str, ...]]] = [(TRIES_FROM_ADDRESS, ("tries", network))] if network else []
    paces += [(TRIES_OF_PASSWORD, _from(name, network)), (TRIES_OF_OPERATOR, ("operator", name))]
    for pace, about in paces:
        if wait := pacing.spend(tx, pace, now, *about):
            return wait
    return timedelta(0)


def _from(name: str, network: str) -> tuple[str, str, str]:
    return "operator", name, network
