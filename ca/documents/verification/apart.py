"""Verifying a stranger's document in a fresh process with bounded time and memory.

A PDF is a program for its reader: objects that refer to themselves, streams that unpack to gigabytes. The
process gets the document and the trust and nothing else, and answers JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from ca.documents.reading import MAX_BYTES
from ca.documents.verification.errors import (
    FileTooLarge,
    NotAPdf,
    PasswordNeeded,
    TooHardToVerify,
    VerificationRefused,
)
from ca.documents.verification.trust import Trust
from hsm.errors import SealBridgeError

_SECONDS: Final = 90.0  # the processor time is bounded in the process; this is for one that hangs
_REFUSALS: Final[dict[str, type[VerificationRefused]]] = {
    refusal.code: refusal for refusal in (NotAPdf, PasswordNeeded, FileTooLarge)
}


def verify_apart(pdf: bytes, trust: Trust, at: datetime, *, max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    """The report of ``verify_document`` as ``telling.to_json`` gives it.

    Raises the subclasses of VerificationRefused; TooHardToVerify where the bounds were met.
    """
    if len(pdf) > max_bytes:
        raise FileTooLarge(f"{len(pdf)} bytes, at most {max_bytes}", limit_mb=max_bytes // 1024**2)
    answer = _asked(_question(trust, at, max_bytes) + b"\n" + pdf)
    if refusal := answer.get("refused"):
        raise _refusal(refusal)
    report: dict[str, Any] = answer["report"]
    return report


def _question(trust: Trust, at: datetime, max_bytes: int) -> bytes:
    given = {kind: [b64encode(one).decode() for one in values] for kind, values in asdict(trust).items()}
    return json.dumps({"trust": given, "at": at.isoformat(), "max_bytes": max_bytes}).encode()


def _asked(question: bytes) -> Any:
    command = [sys.executable, "-I", "-m", "ca.documents.verification.worker"]
    try:
        done = subprocess.run(  # noqa: S603  our own module
            command, input=question, capture_output=True, timeout=_SECONDS, env={}, check=True
        )
        return json.loads(done.stdout)
    except (subprocess.SubprocessError, OSError, ValueError) as error:
        raise TooHardToVerify(type(error).__name__) from error


def _refusal(said: Mapping[str, Any]) -> VerificationRefused:
    """The error that the process met, made anew."""
    kind = _REFUSALS.get(said["code"], TooHardToVerify)
    error = kind.__new__(kind)
    SealBridgeError.__init__(error, str(said["detail"]), **said["facts"])
    return error
