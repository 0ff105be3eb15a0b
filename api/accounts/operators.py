"""Operators: a name and an Argon2id password, with a pause after a few wrong ones."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.accounts.errors import OperatorExists, OperatorPaused, OperatorRefused
from api.accounts.rules import PASSWORD_PAUSE, PASSWORD_TRIES, check_password
from api.accounts.tables import operator
from api.db import Database
from ca.audit.event import Action, Event, Outcome
from ca.audit.journal import Journal

_hasher: Final = PasswordHasher()


def add_operator(
    db: Database, name: str, password: str, now: datetime, journal: Journal | None = None
) -> None:
    """Register an operator. Raises PasswordWeak, OperatorExists."""
    check_password(password)
    row = {"name": name, "password_hash": _hasher.hash(password), "wrong_passwords": 0, "created_at": now}
    try:
        with db.write() as tx:
            tx.execute(insert(operator).values(row))
            if journal is not None:
                journal.append(tx, Event(Action.OPERATOR_ADDED, name))
    except IntegrityError:
        raise OperatorExists(f"there is an operator {name!r}") from None


def has_operators(tx: Connection) -> bool:
    """Whether anybody could review an application."""
    return tx.execute(select(operator.c.id).limit(1)).first() is not None


def check_operator(db: Database, name: str, password: str, now: datetime, journal: Journal) -> int:
    """The id of the operator with this password. Raises OperatorRefused, OperatorPaused."""
    with db.write() as tx:  # the try is counted before the password is looked at: parallel ones count too
        known = tx.execute(select(operator).where(operator.c.name == name)).one_or_none()
        counted = known is not None and _count_try(tx, known, now)
    if known is not None and not counted:
        wait = known.last_try_at + PASSWORD_PAUSE - now
        raise OperatorPaused("too many wrong passwords", wait_seconds=int(wait.total_seconds()) + 1)
    # A password is hashed for a name that does not exist too, so that the answer takes as long.
    if not _fits(_nobody() if known is None else known.password_hash, password) or known is None:
        if known is not None:  # for a name that nobody has, anybody could fill the journal
            refused = OperatorRefused.code
            journal.record(Event(Action.OPERATOR_SIGNED_IN, name, Outcome.REFUSED, refused))
        raise OperatorRefused("wrong name or password")
    with db.write() as tx:
        tx.execute(update(operator).where(operator.c.id == known.id).values(wrong_passwords=0))
    return int(known.id)


def _count_try(tx: Connection, known: Row[Any], now: datetime) -> bool:
    """Whether another password may be tried now."""
    mine = update(operator).where(operator.c.id == known.id)
    tx.execute(mine.where(operator.c.last_try_at <= now - PASSWORD_PAUSE).values(wrong_passwords=0))
    another = mine.where(operator.c.wrong_passwords < PASSWORD_TRIES)
    values = {"wrong_passwords": operator.c.wrong_passwords + 1, "last_try_at": now}
    return tx.execute(another.values(values)).rowcount == 1


@cache
def _nobody() -> str:
    return _hasher.hash("nobody has this password")


def _fits(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except VerificationError:
        return False
