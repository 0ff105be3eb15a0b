"""Asking a worker: a fresh process of our own module, with an empty environment and no open files of ours.

The worker gets one line of JSON and the data, and answers one JSON object: ``found``, or ``refused`` with the
code, detail and facts of the error that it met. It bounds its own memory and processor time (``bounded``).
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, Final

from ca.errors import CaError
from hsm.errors import SealBridgeError

_SECONDS: Final = 600.0  # the processor time is bounded in the process; this is for one that hangs


def asked(
    module: str,
    question: Mapping[str, Any],
    data: bytes,
    refusals: Mapping[str, type[CaError]],
    failed: type[CaError],
    seconds: float | None = None,
) -> Any:
    """What the worker ``module`` found. Raises one of ``refusals`` by its code, or ``failed``."""
    line = json.dumps(question).encode() + b"\n"
    command = [sys.executable, "-I", "-m", module]
    try:
        done = subprocess.run(  # noqa: S603  our own module
            command, input=line + data, capture_output=True, timeout=seconds or _SECONDS, env={}, check=True
        )
        answer = json.loads(done.stdout)
    except (subprocess.SubprocessError, OSError, ValueError) as exc:
        raise failed(f"{module}: {type(exc).__name__}") from exc
    if refusal := answer.get("refused"):
        raise _refusal(refusal, refusals, failed)
    return answer["found"]


def bounded(memory: int, cpu_seconds: int) -> None:
    """Bound this process: bytes of address space and seconds of processor time."""
    os.nice(5)  # requests come first
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # what it reads may be somebody's papers
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def refused(error: CaError) -> dict[str, Any]:
    """The answer of a worker that met ``error``."""
    return {"refused": {"code": error.code, "detail": str(error), "facts": error.facts}}


def _refusal(
    said: Mapping[str, Any], refusals: Mapping[str, type[CaError]], failed: type[CaError]
) -> CaError:
    """The error that the process met, made anew."""
    kind = refusals.get(said["code"], failed)
    error = kind.__new__(kind)
    SealBridgeError.__init__(error, str(said["detail"]), **said["facts"])
    return error
