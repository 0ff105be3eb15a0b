"""What people see of a signature on its page, as PDFium draws it: not always the seal that it carries."""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any, Final

import pypdfium2
from pypdfium2 import raw

from ca.documents.verification.pages import Box

log = logging.getLogger(__name__)

Place = tuple[int, Box]
"""A page's number as people count, and a rectangle on it."""

_SIZE: Final = 240  # pixels of the longer side
_COLOURS: Final = 64
_FAST: Final = 2  # octree: a tenth of the time of median cut
_MOST: Final = 24  # pictures
_LARGEST: Final = 3000  # pixels of a page's longer side


def drawn(pdf: bytes, password: str | None, places: Iterable[Place]) -> dict[Place, bytes]:
    """PNG by place. What cannot be drawn is left out."""
    wanted: dict[int, list[Box]] = {}
    for number, box in list(dict.fromkeys(places))[:_MOST]:
        wanted.setdefault(number, []).append(box)
    found: dict[Place, bytes] = {}
    try:
        with pypdfium2.PdfDocument(pdf, password=password) as document:
            document.init_forms()
            for number, boxes in wanted.items():
                page = document[number - 1]
                found |= {(number, box): picture for box, picture in _pictures(page, boxes)}
                page.close()
    except Exception as error:  # a picture is an illustration: without it the report is the same
        log.info("not drawn: %s", type(error).__name__)
    return {place: picture for place, picture in found.items() if picture}


def _pictures(page: Any, boxes: list[Box]) -> Iterator[tuple[Box, bytes]]:
    """The page is drawn once, so large that the smallest of them is."""
    smallest = min(max(box[2] - box[0], box[3] - box[1]) for box in boxes)
    scale = min(_SIZE / smallest, _LARGEST / max(page.get_size()))
    drawn_page = page.render(scale=scale).to_pil()
    for box in boxes:
        yield box, _cut(page, drawn_page, box)


def _cut(page: Any, drawn_page: Any, box: Box) -> bytes:
    x0, y0 = _on_picture(page, drawn_page.width, drawn_page.height, box[0], box[1])
    x1, y1 = _on_picture(page, drawn_page.width, drawn_page.height, box[2], box[3])
    left, top = max(0, min(x0, x1)), max(0, min(y0, y1))
    right, bottom = min(drawn_page.width, max(x0, x1)), min(drawn_page.height, max(y0, y1))
    if left >= right or top >= bottom:
        return b""
    picture = drawn_page.crop((left, top, right, bottom))
    picture.thumbnail((_SIZE, _SIZE))
    output = BytesIO()
    picture.convert("RGB").quantize(_COLOURS, method=_FAST).save(output, "PNG")
    return output.getvalue()


def _on_picture(page: Any, width: int, height: int, x: float, y: float) -> tuple[int, int]:
    column, row = ctypes.c_int(), ctypes.c_int()
    raw.FPDF_PageToDevice(page, 0, 0, width, height, 0, x, y, column, row)
    return column.value, row.value
