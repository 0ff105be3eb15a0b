"""Pages of our own documents as pictures, with their seals, as people see them: for screens without PDF."""

from __future__ import annotations

from io import BytesIO
from threading import Lock
from typing import Final

import pypdfium2
from PIL import Image

from ca.documents.errors import PageNotFound

_drawing: Final = Lock()  # PDFium serves one thread at a time


def page_png(pdf: bytes, page: int, width: int) -> bytes:
    """Page ``page``, from 1, ``width`` pixels wide, as PNG. Raises PageNotFound.

    For documents that this service made. What others send is not opened in the server's own process.
    """
    with _drawing, pypdfium2.PdfDocument(pdf) as document:
        document.init_forms()  # without it, no signature's appearance is drawn
        if not 1 <= page <= len(document):
            raise PageNotFound(f"page {page} of {len(document)}", pages=len(document))
        drawn = document[page - 1]
        picture = drawn.render(scale=width / drawn.get_width()).to_pil()
        drawn.close()
    output = BytesIO()
    # Type and a seal or two: 64 colours show all of it in a third of the bytes.
    picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=64).save(output, "PNG")
    return output.getvalue()
