"""Counting PIN tries, so that five wrong ones lock a key however they arrive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import case, select, update

from api.certificates.rules import PIN_TRIES, PinBusy, is_locked, tries_left
from api.certificates.tables import pin_tries
from api.db import Database
from hsm.errors import KeyNotFound, PinIncorrect, PinLocked


class PinTries:
    """The tries of each key's PIN, taken before they are made: parallel ones cannot outnumber the limit."""

    def __init__(self, db: Database, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._clock = clock

    @contextmanager
    def counted(self, label: str) -> Iterator[None]:
        """Open the key under ``label`` inside this block; a right PIN gives all tries back.

        Raises PinIncorrect with the tries left, PinLocked, PinBusy.
        """
        taken = self._take(label)
        try:
            yield
        except PinIncorrect:
            self._change(label, wrong=pin_tries.c.wrong + 1)
            if taken >= PIN_TRIES:
                raise PinLocked("that was the last try") from None
            raise PinIncorrect(tries_left=tries_left(taken)) from None
        except BaseException:  # the token failed, not the PIN
            fewer = case((pin_tries.c.taken > 0, pin_tries.c.taken - 1), else_=0)
            self._change(label, taken=fewer)
            raise
        self._change(label, taken=0, wrong=0)

    def _take(self, label: str) -> int:
        """Take one try; returns how many are taken now."""
        now = self._clock()
        one_more = (
            update(pin_tries)
            .where(pin_tries.c.label == label, pin_tries.c.taken < PIN_TRIES)
            .values(taken=pin_tries.c.taken + 1, last_try_at=now)
            .returning(pin_tries.c.taken)
        )
        with self._db.write() as tx:
            taken = tx.execute(one_more).scalar_one_or_none()
            if taken is not None:
                return int(taken)
            known = tx.execute(select(pin_tries).where(pin_tries.c.label == label)).one_or_none()
        if known is None:
            raise KeyNotFound(f"no key {label!r}")
        if is_locked(known.wrong, known.last_try_at, now):
            raise PinLocked("no try is left")
        raise PinBusy("every try left is being made by other requests")

    def _change(self, label: str, **values: object) -> None:
        with self._db.write() as tx:
            tx.execute(update(pin_tries).where(pin_tries.c.label == label).values(**values))
