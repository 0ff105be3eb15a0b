"""The process that searches one PDF for a text: ``python -m ca.documents.keyword_worker``, JSON on stdout."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterator
from typing import Any, Final

import pypdfium2
from pypdfium2 import raw

from ca.documents.errors import TooManyImpressions
from ca.errors import CaError
from ca.inspection.process import bounded, refused

_MEMORY: Final = 1024**3  # of addresses
_CPU_SECONDS: Final = 40  # 1,000 pages of text take about 5
_MOST: Final = 2000
_WITHIN: Final = 0.5  # of the height: characters whose middles are that near are of one line

Box = tuple[float, float, float, float]  # left, bottom, right, top


def main() -> None:
    """Answer one question."""
    bounded(_MEMORY, _CPU_SECONDS)
    question = json.loads(sys.stdin.buffer.readline())
    answer: dict[str, Any]
    try:
        found = occurrences(sys.stdin.buffer.read(), question["text"], question["password"])
        answer = {"found": list(found)}
    except CaError as exc:
        answer = refused(exc)
    sys.stdout.write(json.dumps(answer))


def occurrences(pdf: bytes, text: str, password: str | None) -> Iterator[tuple[int, float, float]]:
    """Page, and middle in user space, of each occurrence. Raises TooManyImpressions, PdfiumError."""
    wanted = plain(text)
    count = 0
    with pypdfium2.PdfDocument(pdf, password=password) as document:
        for number in range(len(document)):
            page = document[number]
            for middle in _on_page(page, wanted):
                count += 1
                if count > _MOST:
                    raise TooManyImpressions(f"more than {_MOST} occurrences", most=_MOST)
                yield (number, *middle)
            page.close()


def plain(text: str) -> str:
    """``text`` without spaces, in compatibility form (Unicode NFKC): how keywords are compared."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def _on_page(page: pypdfium2.PdfPage, wanted: str) -> Iterator[tuple[float, float]]:
    text = page.get_textpage()
    letters: list[str] = []
    origins: list[int] = []  # of each letter, the character that it came of
    for index in range(text.count_chars()):
        for letter in plain(chr(raw.FPDFText_GetUnicode(text, index))):
            letters.append(letter)
            origins.append(index)
    whole = "".join(letters)
    at = whole.find(wanted) if wanted else -1
    while at >= 0:
        yield _middle([text.get_charbox(one) for one in dict.fromkeys(origins[at : at + len(wanted)])])
        at = whole.find(wanted, at + len(wanted))
    text.close()


def _middle(boxes: list[Box]) -> tuple[float, float]:
    """The middle of the first line of what was found."""
    first = boxes[0]
    height = max(first[3] - first[1], first[2] - first[0])
    line = [one for one in boxes if abs(_halfway(one) - _halfway(first)) <= _WITHIN * height] or boxes
    left, bottom = min(one[0] for one in line), min(one[1] for one in line)
    right, top = max(one[2] for one in line), max(one[3] for one in line)
    return (left + right) / 2, (bottom + top) / 2


def _halfway(box: Box) -> float:
    return (box[1] + box[3]) / 2


if __name__ == "__main__":
    main()
