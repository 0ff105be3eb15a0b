"""Many callers' writes in one durable transaction.

A commit waits for the disk, whatever its size. Callers that arrive while one commit is under way are
written together by the next, so that the rate grows with the number of callers and each of them still
returns only when its own rows are safe.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Executable

Rows = Sequence[Mapping[str, Any]]
Also = Callable[[Connection], None]


class _Write:
    def __init__(self, statement: Executable, rows: Rows, also: Also | None) -> None:
        self.statement = statement
        self.rows = rows
        self.also = also
        # Whoever commits for the group is another thread: what is told goes on to name the one who asked.
        self.context = contextvars.copy_context()
        self.done = False
        self.changed = 0
        self.error: Exception | None = None


class GroupCommit:
    """Executes statements durably; safe to call from any number of threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._arriving = threading.Lock()
        self._leading = threading.Lock()
        self._waiting: list[_Write] = []

    def execute(self, statement: Executable, rows: Rows, also: Also | None = None) -> int:
        """Run ``statement`` for ``rows``; on return they are committed.

        ``also``: what to write in the same transaction, if every row was inserted or changed. Returns
        how many rows it inserted or changed. Raises what the database raises.
        """
        mine = _Write(statement, rows, also)
        with self._arriving:
            self._waiting.append(mine)
        with self._leading:
            # Whoever leads writes for all who wait here; a follower finds its own write done.
            if not mine.done:
                self._write_waiting()
        if mine.error is not None:
            raise mine.error
        return mine.changed

    def _write_waiting(self) -> None:
        with self._arriving:
            group, self._waiting = self._waiting, []
        try:
            self._commit(group)
        except Exception as exc:
            self._write_singly(group, exc)
        for write in group:
            write.done = True

    def _write_singly(self, group: list[_Write], failure: Exception) -> None:
        # One bad row must not fail its neighbours.
        if len(group) == 1:
            group[0].error = failure
            return
        for write in group:
            try:
                self._commit([write])
            except Exception as exc:
                write.error = exc

    def _commit(self, group: list[_Write]) -> None:
        with self._engine.connect() as connection:
            connection = connection.execution_options(sealbridge_writes=True)
            with connection.begin():
                self._write(connection, group)

    def _write(self, connection: Connection, group: list[_Write]) -> None:
        for same in _by_statement(group):
            rows = [row for write in same for row in write.rows]
            changed = _changed(connection, same[0].statement, rows)
            if len(same) > 1 and changed != len(rows):
                raise _UnevenError  # whose row was not there can only be told one by one
            for write in same:
                write.changed = changed if len(same) == 1 else len(write.rows)
                if write.also is not None and write.changed == len(write.rows):
                    write.context.run(write.also, connection)


def _changed(connection: Connection, statement: Executable, rows: Rows) -> int:
    told = connection.execute(statement, rows).rowcount
    # Of several inserted rows psycopg tells no number; without ON CONFLICT all were, or it had raised.
    return len(rows) if told < 0 and getattr(statement, "is_insert", False) else told


class _UnevenError(Exception):
    """Some rows of several callers' writes matched nothing."""


def _by_statement(group: list[_Write]) -> list[list[_Write]]:
    # Callers that mean the same statement pass the same object; their rows travel together.
    found: dict[int, list[_Write]] = {}
    for write in group:
        found.setdefault(id(write.statement), []).append(write)
    return list(found.values())
