"""The data folder and SoftHSM2's configuration in it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

from api.data_folder import DataFolder
from ca.ceremony.files import keep_secret

_PRIVATE = 0o700


def ensure_folders(folder: DataFolder) -> None:
    """Make what is missing; all of it is for the server's own user alone."""
    folder.root.mkdir(parents=True, exist_ok=True)
    for path in (folder.root, folder.pki, folder.lock_cas, folder.secrets):
        path.mkdir(exist_ok=True)
        path.chmod(_PRIVATE)


def ensure_softhsm(home: Path) -> Path:
    """A SoftHSM2 configuration ``home/softhsm2.conf`` with its token folder beside it; its path.

    Written anew when the folder has been moved: SoftHSM2 wants an absolute path in it.
    """
    tokens, configuration = home / "tokens", home / "softhsm2.conf"
    tokens.mkdir(exist_ok=True)
    tokens.chmod(_PRIVATE)
    lines = (f"directories.tokendir = {tokens}", "objectstore.backend = file", "log.level = ERROR", "")
    content = "\n".join(lines).encode()
    if not configuration.exists() or configuration.read_bytes() != content:
        replace(configuration, content)
    return configuration


def replace(path: Path, content: bytes) -> None:
    """Write a file whole, in place of an earlier one."""
    passing = path.with_name(path.name + ".new")
    passing.write_bytes(content)
    passing.replace(path)


def ensure_secret(path: Path, make: Callable[[], str]) -> str:
    """The secret in ``path``, made at the first time (0600)."""
    if not path.exists():
        keep_secret(path, make())
    return path.read_text(encoding="utf-8").strip()


def new_pin() -> str:
    """144 random bits, in characters that every token takes."""
    return secrets.token_urlsafe(18)


def new_key() -> str:
    """256 random bits, hexadecimal."""
    return secrets.token_hex(32)
