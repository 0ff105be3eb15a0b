"""Files of a ceremony: written whole or not at all, never over another."""

from __future__ import annotations

import os
from pathlib import Path

from ca.errors import CeremonyRefused


def keep(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a new file durably. Raises CeremonyRefused when the name is taken."""
    passing = path.with_name(path.name + ".new")
    descriptor = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    try:
        os.link(passing, path)  # unlike a rename, refuses to replace
    except FileExistsError as exc:
        raise CeremonyRefused(f"{path} exists and is not overwritten", reason=f"{path.name} 已存在") from exc
    finally:
        passing.unlink()


def keep_secret(path: Path, secret: str) -> None:
    """A secret that only its owner reads (mode 0600)."""
    keep(path, secret.encode() + b"\n", 0o600)
