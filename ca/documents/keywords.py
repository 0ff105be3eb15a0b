"""Where a text stands in a PDF. PDFium reads it, in a process apart with bounded time and memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ca.documents.errors import KeywordSearchFailed, TooManyImpressions
from ca.documents.sealable import SealablePdf
from ca.inspection.process import asked

_SECONDS: Final = 60.0
_WORKER: Final = "ca.documents.keyword_worker"


@dataclass(frozen=True, slots=True)
class Found:
    """An occurrence: its page, from 0, and its middle in the user space of that page."""

    page: int
    x: float
    y: float


def find_keyword(document: SealablePdf, text: str) -> list[Found]:
    """All occurrences of ``text``, in the order of pages. Raises KeywordSearchFailed, TooManyImpressions."""
    question = {"text": text, "password": document.password}
    refusals = {TooManyImpressions.code: TooManyImpressions}
    answer = asked(_WORKER, question, document.content(), refusals, KeywordSearchFailed, _SECONDS)
    return [Found(int(page), float(x), float(y)) for page, x, y in answer]
