"""How many of this process's tries one platform may take up: one that hangs keeps no other waiting."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """Turns by name. ``most``: that one name has at a time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, name: str) -> Iterator[bool]:
        """Whether there is a turn for ``name``; it is given back at the end of the block."""
        with self._lock:
            is_free = self._taken[name] < self._most
            self._taken[name] += is_free
        try:
            yield is_free
        finally:
            with self._lock:
                self._taken[name] -= is_free
                if not self._taken[name]:
                    del self._taken[name]
