"""The process that verifies one document: ``python -m ca.documents.verification.worker``, JSON on stdout."""

from __future__ import annotations

import json
import logging
import sys
from base64 import b64decode
from datetime import datetime
from typing import Any, Final

from ca.documents.verification import telling
from ca.documents.verification.document import verify_document
from ca.documents.verification.errors import VerificationRefused
from ca.documents.verification.trust import Trust
from ca.inspection.process import bounded, refused

_MEMORY: Final = 2 * 1024**3  # of addresses; a document of 64 MB is held about six times
_CPU_SECONDS: Final = 45


def main() -> None:
    """Answer one question."""
    bounded(_MEMORY, _CPU_SECONDS)
    logging.disable(logging.CRITICAL)  # what pyHanko says of hostile files is of no use to anybody
    question = json.loads(sys.stdin.buffer.readline())
    sys.stdout.write(json.dumps(_answer(sys.stdin.buffer.read(), question)))


def _answer(pdf: bytes, question: Any) -> dict[str, Any]:
    trust = Trust(**{kind: tuple(map(b64decode, values)) for kind, values in question["trust"].items()})
    at = datetime.fromisoformat(question["at"])
    try:
        report = verify_document(
            pdf, trust, at, password=question["password"], max_bytes=question["max_bytes"]
        )
    except VerificationRefused as error:
        return refused(error)
    return {"found": telling.to_json(report)}


if __name__ == "__main__":
    main()
