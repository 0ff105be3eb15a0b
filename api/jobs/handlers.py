"""Which jobs this process can do, and how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from api.jobs.queue import Job

Outside = Callable[[Job], object]
"""Work with effects outside of the database. It may be done twice after a crash, so it must not matter."""


@dataclass(frozen=True, slots=True)
class InTransaction:
    """Work whose effects are all in the database: they and the job's end are kept together, so exactly once.

    ``work`` is given the transaction, the job and the time; it must not wait for anything outside.
    """

    work: Callable[[Connection, Job, datetime], object]


class Handlers:
    """The work that belongs to each name of a job; filled while the service is put together."""

    def __init__(self) -> None:
        self._handlers: dict[str, Outside | InTransaction] = {}
        self.sweeps: dict[str, timedelta] = {}

    def outside(self, name: str, work: Outside) -> None:
        """Jobs of this name reach out of the database."""
        self._add(name, work)

    def in_transaction(self, name: str, work: Callable[[Connection, Job, datetime], object]) -> None:
        """Jobs of this name are done in the transaction that ends them."""
        self._add(name, InTransaction(work))

    def every(self, name: str, seconds: int, work: Callable[[], object]) -> None:
        """A sweep: done again and again, by one process at a time; a failed round is tried again sooner."""
        self._add(name, lambda _: work())
        self.sweeps[name] = timedelta(seconds=seconds)

    def names(self) -> frozenset[str]:
        """Of everything that can be done here."""
        return frozenset(self._handlers)

    def of(self, name: str) -> Outside | InTransaction:
        """The work of a job. Raises KeyError."""
        return self._handlers[name]

    def _add(self, name: str, handler: Outside | InTransaction) -> None:
        if name in self._handlers:
            raise ValueError(f"two handlers of {name}")
        self._handlers[name] = handler
