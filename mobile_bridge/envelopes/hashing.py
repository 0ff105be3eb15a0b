"""Writing and hashing side by side: SHA-256 is slower than AES in hardware, so it has its own thread."""

from __future__ import annotations

import hashlib
import queue
import threading
from types import TracebackType
from typing import BinaryIO, Final, Self

_WAITING: Final = 8
"""Most pieces that wait to be hashed; with the pieces' length, the bound of memory."""


class HashingWriter:
    """Writes to a file; ``sha256`` (hexadecimal) and ``size`` are known after the block."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._pieces: queue.Queue[bytes | None] = queue.Queue(_WAITING)
        self._hashing = threading.Thread(target=self._hash, name="envelope-sha256", daemon=True)
        self.size = 0
        self.sha256 = ""

    def __enter__(self) -> Self:
        self._hashing.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pieces.put(None)
        self._hashing.join()
        self.sha256 = self._digest.hexdigest()

    def write(self, data: bytes) -> None:
        """Raises OSError."""
        self._pieces.put(data)
        self._file.write(data)
        self.size += len(data)

    def _hash(self) -> None:
        while (piece := self._pieces.get()) is not None:
            self._digest.update(piece)
