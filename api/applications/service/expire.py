"""Abandoned applications expire; a sweep that runs once across processes does it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from api.applications import queries
from api.applications.model import Application, Deed
from api.applications.rules import (
    ABANDONED_AFTER,
    Action,
    Actor,
    WrongMove,
    abandoned_before,
    may_expire,
)
from api.db import Database

_AT_ONCE: Final = 200


class Expiry:
    """Lets them expire, each in a transaction of its own."""

    def __init__(self, db: Database, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._clock = clock

    def sweep(self) -> int:
        """Every application that waited too long for a person; returns how many expired."""
        expired = 0
        while found := sum(self._expire(one) for one in self._abandoned()):
            expired += found
        return expired

    def _abandoned(self) -> list[Application]:
        now = self._clock()
        with self._db.read() as tx:
            waiting = [
                one
                for status in ABANDONED_AFTER
                for one in queries.waiting_since(tx, status, abandoned_before(status, now), _AT_ONCE)
            ]
        return [one for one in waiting if may_expire(one.kind, one.status)]

    def _expire(self, known: Application) -> bool:
        try:
            with self._db.write() as tx:
                deed = Deed(Actor.SYSTEM, queries.SYSTEM, Action.EXPIRE)
                queries.advance(tx, known, deed, self._clock())
        except WrongMove:  # somebody went on with it at the last moment
            return False
        return True
