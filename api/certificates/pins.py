"""Counting PIN tries, so that five wrong ones lock a key however they arrive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, case, select, update

from api.certificates import queries
from api.certificates.rules import PIN_TRIES, TRY_LASTS, PinBusy, is_locked, tries_left
from api.certificates.tables import pin_tries
from api.db import Database
from api.messages.kinds import MessageKind
from api.messages.posting import post
from ca.audit.event import Action, Event, Outcome
from ca.audit.journal import Journal
from hsm.errors import KeyNotFound, PinIncorrect, PinLocked


@dataclass(frozen=True, slots=True)
class PinStatus:
    """``left``: tries that may still be wrong. A locked PIN comes back by a reset or a recovery alone."""

    left: int
    locked: bool


_ONE_MORE_WRONG: Final = {"wrong": pin_tries.c.wrong + 1}


class PinTries:
    """The tries of each key's PIN, taken before they are made: parallel ones cannot outnumber the limit.

    ``journal``: is told every wrong and every locked-out try, never what was tried.
    """

    def __init__(self, db: Database, clock: Callable[[], datetime], journal: Journal) -> None:
        self._db = db
        self._clock = clock
        self._journal = journal

    @contextmanager
    def counted(self, label: str) -> Iterator[None]:
        """Open the key under ``label`` inside this block; a right PIN gives back all tries that have ended.

        Those that others are making meanwhile stay taken: nobody gets more tries by waiting for the holder.

        Raises PinIncorrect with the tries left, PinLocked, PinBusy.
        """
        taken = self._take(label)
        try:
            yield
        except PinIncorrect:
            self._wrong(label)
            if taken >= PIN_TRIES:
                raise PinLocked("that was the last try") from None
            raise PinIncorrect(tries_left=tries_left(taken)) from None
        except BaseException:  # the token failed, not the PIN
            fewer = case((pin_tries.c.taken > 0, pin_tries.c.taken - 1), else_=0)
            self._change(label, taken=fewer)
            raise
        others = pin_tries.c.taken - pin_tries.c.wrong - 1
        self._change(label, taken=case((others > 0, others), else_=0), wrong=0)

    def status(self, tx: Connection, label: str) -> PinStatus:
        """How the PIN of a key stands. Raises KeyNotFound."""
        known = tx.execute(select(pin_tries).where(pin_tries.c.label == label)).one_or_none()
        if known is None:
            raise KeyNotFound(f"no key {label!r}")
        left = tries_left(known.taken)
        return PinStatus(left, left == 0 and is_locked(known.wrong, known.last_try_at, self._clock()))

    def check_unlocked(self, label: str) -> None:
        """Raises PinLocked, KeyNotFound."""
        with self._db.read() as tx:
            if self.status(tx, label).locked:
                raise PinLocked("no try is left")

    def _take(self, label: str) -> int:
        """Take one try; returns how many are taken now."""
        now = self._clock()
        one_more = (
            update(pin_tries)
            .where(pin_tries.c.label == label, pin_tries.c.taken < PIN_TRIES)
            .values(
                taken=pin_tries.c.taken + 1,
                # What has not ended by now never will, and counts as wrong until a right PIN comes.
                wrong=case(
                    (pin_tries.c.last_try_at <= now - TRY_LASTS, pin_tries.c.taken), else_=pin_tries.c.wrong
                ),
                last_try_at=now,
            )
            .returning(pin_tries.c.taken)
        )
        with self._db.write() as tx:
            taken = tx.execute(one_more).scalar_one_or_none()
            if taken is not None:
                return int(taken)
            known = tx.execute(select(pin_tries).where(pin_tries.c.label == label)).one_or_none()
            if known is None:
                raise KeyNotFound(f"no key {label!r}")
            locked = is_locked(known.wrong, known.last_try_at, now)
            if locked:
                self._tell(tx, label, PinLocked.code)
        if locked:
            raise PinLocked("no try is left")
        raise PinBusy("every try left is being made by other requests")

    def _wrong(self, label: str) -> None:
        """Count a wrong try. Whoever counts the last one tells the holder: the database says who that is."""
        one_more = update(pin_tries).where(pin_tries.c.label == label).values(_ONE_MORE_WRONG)
        with self._db.write() as tx:
            wrong = tx.execute(one_more.returning(pin_tries.c.wrong)).scalar_one()
            held = queries.of_key(tx, label)
            if wrong == PIN_TRIES and held is not None:
                facts = {} if held.enterprise_name is None else {"enterprise": held.enterprise_name}
                now = self._clock()
                post(tx, held.person_id, MessageKind.PIN_LOCKED, now, serial=held.serial, facts=facts)
            self._tell(tx, label, PinIncorrect.code)

    def _tell(self, tx: Connection, label: str, code: str) -> None:
        held = queries.of_key(tx, label)
        subject = label if held is None else held.serial
        self._journal.append(tx, Event(Action.PIN_TRIED, subject, Outcome.REFUSED, code))

    def _change(self, label: str, **values: object) -> None:
        with self._db.write() as tx:
            tx.execute(update(pin_tries).where(pin_tries.c.label == label).values(**values))
