"""A seal's picture as the objects of a PDF, made once and written into many documents.

Reading the picture and writing its objects one by one takes longer than all the rest of a sealing. Here they
are kept as the bytes they will be, but for the numbers of the objects that they refer to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Any, BinaryIO, Final

from pyhanko.pdf_utils.generic import BooleanObject, DictionaryObject, IndirectObject, PdfObject, pdf_name
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import BasePdfFileWriter, PdfFileWriter

from ca.documents.archival import is_transparent

_FIRST: Final = 7_310_577_382_000_001  # no document has such a number, and no compressed stream by chance
_REFERENCE: Final = re.compile(rb"\b(7310577382\d{6}) 0 R")


@dataclass(frozen=True, slots=True)
class Drawing:
    """The first page of a PDF as a form XObject. ``box``: left, bottom, right, top, in points.

    ``objects``: the form first; each as bytes and, between them, indexes of the objects referred to.
    ``grouped``: it is one transparency group (ISO 32000-1, 11.6.6): the seal is laid over the page as a
    whole.
    ``transparent``: that it is, or what it draws with.
    """

    pdf: bytes
    grouped: bool
    transparent: bool
    box: tuple[float, float, float, float]
    objects: tuple[tuple[bytes | int, ...], ...]

    def add_to(self, writer: BasePdfFileWriter) -> IndirectObject:
        """Make it part of a document; returns the form."""
        if writer.security_handler is not None:  # there every string and stream is encrypted anew
            return _imported_into(writer, self.pdf, self.grouped)
        references = [writer.allocate_placeholder() for _ in self.objects]
        names = [b"%d 0 R" % one.idnum for one in references]
        for reference, parts in zip(references, self.objects, strict=True):
            whole = b"".join(names[part] if isinstance(part, int) else part for part in parts)
            writer.add_object(_Written(whole), idnum=reference.idnum)
        return references[0]


@lru_cache(maxsize=64)
def drawing(pdf: bytes, grouped: bool = True) -> Drawing:
    """The drawing on the first page of a PDF of our own; what was asked for lately is remembered."""
    form, objects = _imported(pdf, grouped)
    order = sorted(objects, key=lambda number: number != form.idnum)
    index = {number: at for at, number in enumerate(order)}
    left, bottom, right, top = (float(number) for number in objects[form.idnum]["/BBox"])
    transparent = is_transparent(form)
    parts = tuple(_parts(objects[number], index) for number in order)
    return Drawing(pdf, grouped, transparent, (left, bottom, right, top), parts)


def _imported_into(writer: BasePdfFileWriter, pdf: bytes, grouped: bool) -> IndirectObject:
    """The first page as a form, object by object."""
    form: IndirectObject = writer.import_page_as_xobject(PdfFileReader(BytesIO(pdf)))
    if not grouped:
        return form
    group = {"/S": pdf_name("/Transparency"), "/I": BooleanObject(True)}  # type: ignore[no-untyped-call]
    named = {pdf_name(key): value for key, value in group.items()}
    form.get_object()[pdf_name("/Group")] = DictionaryObject(named)  # type: ignore[no-untyped-call]
    return form


def _imported(pdf: bytes, grouped: bool) -> tuple[IndirectObject, dict[int, Any]]:
    """The form and all objects it needs, by numbers that are told from everything else in their bytes."""
    scratch = PdfFileWriter(init_page_tree=False)  # type: ignore[no-untyped-call]
    scratch._lastobj_id = _FIRST
    form = _imported_into(scratch, pdf, grouped)
    return form, {number: one for (_, number), one in scratch.objects.items() if number > _FIRST}


def _parts(one: PdfObject, index: dict[int, int]) -> tuple[bytes | int, ...]:
    buffer = BytesIO()
    one.write_to_stream(buffer, None)
    found = _REFERENCE.split(buffer.getvalue())
    return tuple(index[int(part)] if at % 2 else part for at, part in enumerate(found))


class _Written(PdfObject):
    """An object that was written before."""

    def __init__(self, whole: bytes) -> None:
        self._whole = whole

    def write_to_stream(self, stream: BinaryIO, handler: Any = None, container_ref: Any = None) -> None:
        stream.write(self._whole)
