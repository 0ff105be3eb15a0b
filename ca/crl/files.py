"""The lists as files, for a web server or a content network that serves them in our place."""

from __future__ import annotations

import os
from pathlib import Path

from ca.crl.library import CrlLibrary
from ca.crl.publisher import CrlPublisher


def write_lists(folder: Path, library: CrlLibrary) -> int:
    """Bring the files in ``folder`` up to date; returns how many were written.

    They are named as in the URLs: ``issuing-1.crl``, ``issuing-1.delta.crl``, ``issuing-2/7.crl``. A reader
    sees an old edition or the new one, never half of one.
    """
    return sum(_write(folder, publisher) for publisher in library.publishers())


def _write(folder: Path, publisher: CrlPublisher) -> int:
    newest = publisher.newest()
    if newest is None:
        return 0
    written = 0
    for ending, content in (("crl", newest.complete), ("delta.crl", newest.delta)):
        path = folder / f"{publisher.name}.{ending}"
        if not path.exists() or path.read_bytes() != content:
            _replace(path, content)
            written += 1
    return written


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    passing = path.with_name(path.name + ".new")
    with passing.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    passing.replace(path)
