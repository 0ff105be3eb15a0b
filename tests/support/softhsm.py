"""A SoftHSM2 folder of the test run's own. Its configuration must be known before the module is loaded."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

_MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
)


def module() -> Path:
    """The installed library; ``scripts/test`` installs it."""
    return next(Path(path) for path in _MODULES if Path(path).exists())


def configure(folder: Path) -> Path:
    """Write a configuration with its token folder; returns the file that SOFTHSM2_CONF names."""
    (folder / "tokens").mkdir(parents=True)
    file = folder / "softhsm2.conf"
    file.write_text(
        f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n"
        "slots.removable = false\n"
    )
    return file


def enter_new_folder() -> tempfile.TemporaryDirectory[str]:
    """Point this process at a fresh folder; keep the returned object as long as tokens are used."""
    folder = tempfile.TemporaryDirectory(prefix="sealbridge-tokens-")
    os.environ["SOFTHSM2_CONF"] = str(configure(Path(folder.name)))
    return folder
