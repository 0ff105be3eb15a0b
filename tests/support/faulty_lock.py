"""A lock that fails on demand: real SoftHSM2 behind a module that gets in the way (``faulty_lock.c``)."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_SOURCE = Path(__file__).with_suffix(".c")


@dataclass(frozen=True)
class FaultyLock:
    """``module``: to be used in place of the real one; ``faults``: the file that says what fails."""

    module: Path
    faults: Path

    def now(self, fault: str) -> None:
        """What fails from here on; an empty word for nothing."""
        self.faults.write_text(fault)


def missing() -> str | None:
    """Why there can be none here."""
    return None if shutil.which("cc") else "no C compiler"


def build(folder: Path, behind: Path) -> FaultyLock:
    """Compile the module in ``folder``, before ``behind``; its environment is set for this process."""
    lock = FaultyLock(folder / "libfaulty.so", folder / "faults")
    command = ["cc", "-shared", "-fPIC", "-O1", "-o", lock.module, _SOURCE, "-ldl"]
    subprocess.run(command, check=True, capture_output=True)
    os.environ |= {"SEALBRIDGE_FAULTY_LOCK": str(behind), "SEALBRIDGE_FAULTS": str(lock.faults)}
    lock.now("")
    return lock
