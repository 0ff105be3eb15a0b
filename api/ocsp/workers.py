"""Threads that call one function for an event loop.

``run_in_executor`` makes two futures with their locks and callbacks for a call; this hands over a tuple.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Told = TypeVar("Told")
Given = TypeVar("Given")


class Workers(Generic[Asked, Told]):
    """``work`` on ``count`` threads, which end with the process."""

    def __init__(self, work: Callable[[Asked], Told], count: int, name: str) -> None:
        self._work = work
        self._queue: SimpleQueue[tuple[Asked, asyncio.Future[Told]]] = SimpleQueue()
        for number in range(count):
            threading.Thread(target=self._run, name=f"{name}-{number}", daemon=True).start()

    async def told(self, asked: Asked) -> Told:
        """What ``work`` returns or raises."""
        future: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        self._queue.put((asked, future))
        return await future

    def _run(self) -> None:
        while True:
            asked, future = self._queue.get()
            try:
                told = self._work(asked)
            except Exception as error:
                _call(future, future.set_exception, error)
            else:
                _call(future, future.set_result, told)


def _call(future: asyncio.Future[Told], give: Callable[[Given], None], given: Given) -> None:
    with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits
        future.get_loop().call_soon_threadsafe(_unless_done, future, give, given)


def _unless_done(future: asyncio.Future[Told], give: Callable[[Given], None], given: Given) -> None:
    if not future.done():  # whoever asked may have gone
        give(given)
