"""Verifying a stranger's document in a fresh process with bounded time and memory.

A PDF is a program for its reader: objects that refer to themselves, streams that unpack to gigabytes. The
process gets the document and the trust and nothing else, and answers JSON.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from ca.documents.reading import MAX_BYTES
from ca.documents.verification.errors import (
    FileTooLarge,
    NotAPdf,
    PasswordNeeded,
    PasswordWrong,
    TooHardToVerify,
    VerificationRefused,
)
from ca.documents.verification.trust import Trust
from ca.inspection.process import asked

_MODULE: Final = "ca.documents.verification.worker"
_SECONDS: Final = 90.0  # the processor time is bounded in the process; this is for one that hangs
_REFUSALS: Final[dict[str, type[VerificationRefused]]] = {
    refusal.code: refusal for refusal in (NotAPdf, PasswordNeeded, PasswordWrong, FileTooLarge)
}


def verify_apart(
    pdf: bytes, trust: Trust, at: datetime, *, password: str | None = None, max_bytes: int = MAX_BYTES
) -> dict[str, Any]:
    """The report of ``verify_document`` as ``telling.to_json`` gives it.

    Raises the subclasses of VerificationRefused; TooHardToVerify where the bounds were met.
    """
    if len(pdf) > max_bytes:
        raise FileTooLarge(f"{len(pdf)} bytes, at most {max_bytes}", limit_mb=max_bytes // 1024**2)
    given = {kind: [b64encode(one).decode() for one in values] for kind, values in asdict(trust).items()}
    question = {"trust": given, "at": at.isoformat(), "max_bytes": max_bytes, "password": password}
    report: dict[str, Any] = asked(_MODULE, question, pdf, _REFUSALS, TooHardToVerify, _SECONDS)
    return report
