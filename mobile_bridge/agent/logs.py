"""The agent's own log: what a support desk needs, and nothing that would be a secret in it.

Lines name steps, codes, drivers and servers. They carry no PIN, no token, no signing address and nobody's
name: errors are logged by their code, and unexpected ones by their type and where they arose, because the
text of an exception may hold anything.
"""

from __future__ import annotations

import logging
import logging.handlers
import traceback
from pathlib import Path
from typing import Final

_MOST_BYTES: Final = 512 * 1024
_OLD_FILES: Final = 3
_FORM: Final = "%(asctime)s %(levelname)s %(message)s"

log: Final = logging.getLogger("sealbridge.agent")
log.addHandler(logging.NullHandler())
log.propagate = False


def write_log(file: Path, level: str) -> None:
    """Write the log to ``file``, which turns over before it grows large. A full disk stops nothing."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        writer = logging.handlers.RotatingFileHandler(
            file, maxBytes=_MOST_BYTES, backupCount=_OLD_FILES, encoding="utf-8", delay=True
        )
    except OSError:
        return
    writer.setFormatter(logging.Formatter(_FORM))
    log.addHandler(writer)
    log.setLevel(level.upper())
    logging.raiseExceptions = False


def log_unexpected(error: BaseException) -> None:
    """An error that nobody foresaw: its type, and file and line of each step to it."""
    steps = [
        f"{Path(each.filename).name}:{each.lineno}" for each in traceback.extract_tb(error.__traceback__)
    ]
    log.error("unexpected %s at %s", type(error).__name__, " > ".join(steps))
