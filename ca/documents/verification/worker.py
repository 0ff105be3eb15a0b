"""The process that verifies one document: ``python -m ca.documents.verification.worker``, JSON on stdout."""

from __future__ import annotations

import json
import logging
import os
import resource
import sys
from base64 import b64decode
from datetime import datetime
from typing import Any, Final

from ca.documents.verification import telling
from ca.documents.verification.document import verify_document
from ca.documents.verification.errors import VerificationRefused
from ca.documents.verification.trust import Trust

_MEMORY: Final = 2 * 1024**3  # of addresses; a document of 64 MB is held about six times
_CPU_SECONDS: Final = 45


def main() -> None:
    """Answer one question."""
    _bounded()
    asked = json.loads(sys.stdin.buffer.readline())
    pdf = sys.stdin.buffer.read()
    trust = Trust(**{kind: tuple(map(b64decode, values)) for kind, values in asked["trust"].items()})
    sys.stdout.write(json.dumps(_answer(pdf, trust, asked)))


def _answer(pdf: bytes, trust: Trust, asked: Any) -> dict[str, Any]:
    try:
        at = datetime.fromisoformat(asked["at"])
        return {"report": telling.to_json(verify_document(pdf, trust, at, max_bytes=asked["max_bytes"]))}
    except VerificationRefused as error:
        return {"refused": {"code": error.code, "detail": str(error), "facts": error.facts}}


def _bounded() -> None:
    logging.disable(logging.CRITICAL)  # what pyHanko says of hostile files is of no use to anybody
    os.nice(5)  # requests come first
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the document is somebody's
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


if __name__ == "__main__":
    main()
