"""Text on a page that nobody sees: covered by what is painted over it, or as white as the paper.

PDFium draws each page as people see it. Where it has letters and the picture shows but one colour, they are
hidden: what a shadow attack prepares for a later version to uncover. Letters under a scan, which make it
searchable, lie over ink and do not count.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pypdfium2
from pypdfium2 import raw

from ca.documents.verification.model import Sign, SignFound

_SECONDS: Final = 6.0
"""For all pages together: of a long document the first ones are looked at."""
_SCALE: Final = 1.5  # pixels a point
_LARGEST: Final = 2400  # pixels of a page's longer side
_CONTRAST: Final = 16  # of 255: less is one colour
_LEAST_SIZE: Final = 3  # pixels
_FEWEST: Final = 4  # letters
_MOST_LETTERS: Final = 20_000


Box = tuple[float, float, float, float]
"""In user space: left, bottom, right, top."""


@dataclass(frozen=True, slots=True)
class _Picture:
    """Rows of grey pixels, ``stride`` bytes each."""

    width: int
    height: int
    stride: int
    pixels: bytes

    def contrast(self, left: int, right: int, top: int, bottom: int) -> int:
        """Between the lightest and the darkest pixel of a rectangle, its edges included."""
        darkest, lightest = 255, 0
        for row in range(top, bottom + 1):
            begin = row * self.stride
            line = self.pixels[begin + left : begin + right + 1]
            darkest, lightest = min(darkest, *line), max(lightest, *line)
            if lightest - darkest >= _CONTRAST:
                break
        return lightest - darkest


def hidden_text(pdf: bytes, password: str | None = None) -> list[SignFound]:
    """Pages, as people count them, with hidden text. Raises PdfiumError for what PDFium does not open."""
    covered: list[str] = []
    noted: list[str] = []
    until = time.monotonic() + _SECONDS
    with pypdfium2.PdfDocument(pdf, password=password) as document:
        document.init_forms()
        for number in range(len(document)):
            if time.monotonic() > until:
                break
            page = document[number]
            letters = list(_letters(page))
            if len(letters) >= _FEWEST and _hides(page, letters, with_notes=True):
                by_notes = not _hides(page, letters, with_notes=False)
                (noted if by_notes else covered).append(str(number + 1))
            page.close()
    signs = ((Sign.COVERED_CONTENT, covered), (Sign.ANNOTATION_COVERS, noted))
    return [SignFound(sign, tuple(where)) for sign, where in signs if where]


def _letters(page: Any) -> Iterator[Box]:
    text = page.get_textpage()
    for index in range(min(text.count_chars(), _MOST_LETTERS)):
        if not chr(raw.FPDFText_GetUnicode(text, index)).isspace():
            yield text.get_charbox(index)
    text.close()


def _hides(page: Any, letters: list[Box], *, with_notes: bool) -> bool:
    scale = min(_SCALE, _LARGEST / max(page.get_size()))
    drawn = page.render(scale=scale, draw_annots=with_notes, may_draw_forms=with_notes, grayscale=True)
    picture = _Picture(drawn.width, drawn.height, drawn.stride, bytes(drawn.buffer))
    return sum(_is_hidden(page, picture, one) for one in letters) >= _FEWEST


def _is_hidden(page: Any, picture: _Picture, box: Box) -> bool:
    x0, y0 = _on_picture(page, picture, box[0], box[1])
    x1, y1 = _on_picture(page, picture, box[2], box[3])
    left, right, top, bottom = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
    if left < 0 or top < 0 or right >= picture.width or bottom >= picture.height:
        return False  # beside the page: no printer shows it either
    if right - left < _LEAST_SIZE or bottom - top < _LEAST_SIZE:
        return False
    return picture.contrast(left, right, top, bottom) < _CONTRAST


def _on_picture(page: Any, picture: _Picture, x: float, y: float) -> tuple[int, int]:
    column, row = ctypes.c_int(), ctypes.c_int()
    raw.FPDF_PageToDevice(page, 0, 0, picture.width, picture.height, 0, x, y, column, row)
    return column.value, row.value
