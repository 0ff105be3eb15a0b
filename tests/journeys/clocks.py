"""A server whose computer is set to a later date: libfaketime stands between the process and its clock."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

from tests.api.running import Server

_PLACES = ("/usr/lib", "/usr/local/lib", "/usr/lib64")
_NAME = "faketime/libfaketimeMT.so.1"


def library() -> Path | None:
    """libfaketime for programs with threads, or None. macOS preloads nothing into programs of its own."""
    if sys.platform == "darwin":
        return None
    found = (
        path for place in _PLACES for path in [*Path(place).glob(_NAME), *Path(place).glob(f"*/{_NAME}")]
    )
    return next(found, None)


def set_ahead(server: Server, ahead: timedelta) -> None:
    """Restart the server with its clock so far ahead of the real one. Waiting takes as long as ever."""
    preload = library()
    assert preload is not None
    server.stop()
    server.extra |= {
        "LD_PRELOAD": str(preload),
        "FAKETIME": f"+{ahead // timedelta(seconds=1)}",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    server.start()
