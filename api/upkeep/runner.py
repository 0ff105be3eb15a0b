"""A thread that does chores, each at its own pace. A chore that fails is told and tried again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from api.logs import log

_TICK: Final = 1.0
_STOP_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Chore:
    """``work`` is done every ``seconds``, the first time at the start. It may be killed anywhere."""

    name: str
    seconds: float
    work: Callable[[], object]


class Upkeep:
    """Does its chores one after the other, in the order given. ``on_failure``: is told a chore's name."""

    def __init__(
        self, chores: Sequence[Chore], on_failure: Callable[[str], None], tick: float = _TICK
    ) -> None:
        self._chores = chores
        self._on_failure = on_failure
        self._tick = tick
        self._due = {chore.name: 0.0 for chore in chores}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="upkeep", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the chore under way and end."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)

    def do_due(self) -> None:
        """One round."""
        for chore in self._chores:
            if self._stopping.is_set():
                return
            if time.monotonic() >= self._due[chore.name]:
                self._do(chore)
                self._due[chore.name] = time.monotonic() + chore.seconds

    def _run(self) -> None:
        while not self._stopping.is_set():
            self.do_due()
            self._stopping.wait(self._tick)

    def _do(self, chore: Chore) -> None:
        try:
            chore.work()
        except Exception as error:
            # Whatever it was, the other chores go on; the message of an unknown error may hold anything.
            self._on_failure(chore.name)
            log.error("chore_failed", chore=chore.name, code=getattr(error, "code", type(error).__name__))
