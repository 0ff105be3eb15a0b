"""Resident memory of ``sealbridge serve`` at rest, and after its first work."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.report import Line
from examples.demo.service import running

GOAL_MB = 200.0


def run() -> Iterator[Line]:
    """One server, set up from nothing."""
    with tempfile.TemporaryDirectory() as work:
        log = Path(work) / "server.log"
        with running(Path(work) / "data", log):
            used = max(_resident(process) for process in serving(work))
        yield Line("memory of the server at rest, MB", used, GOAL_MB, 1.0, less_is_better=True)


def serving(work: str) -> list[Path]:
    """The processes in /proc that serve from a folder below ``work``."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if b"\0serve\0" in command and work.encode() in command:
            found.append(process)
    return found


def _resident(process: Path) -> float:
    line = re.search(r"VmRSS:\s+(\d+) kB", (process / "status").read_text())
    return int(line[1]) / 1024 if line else 0.0
