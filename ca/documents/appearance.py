"""What a viewer draws where a seal is: the picture's vectors, or a page's part of them, at true size."""

from __future__ import annotations

from typing import Any, Final

from pyhanko.pdf_utils.generic import (
    ArrayObject,
    DictionaryObject,
    FloatObject,
    IndirectObject,
    NumberObject,
    StreamObject,
    pdf_name,
)
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from ca.documents.drawing import drawing
from ca.documents.errors import PdfArchival
from ca.documents.geometry import PageGeometry
from ca.documents.impressions import Impression
from ca.documents.seam import Share
from ca.seals.picture import SealPicture

_OPAQUE_PART: Final = 1
"""The part of PDF/A that forbids transparency."""


class Appearances:
    """The appearance streams of one seal in one document; those that look the same are one object."""

    def __init__(
        self, writer: IncrementalPdfFileWriter, picture: SealPicture, part: int | None = None
    ) -> None:
        """``part``: of PDF/A, that the document is of. Raises PdfArchival."""
        self.name = picture.name
        self._writer = writer
        self._opaque = part == _OPAQUE_PART
        drawn = drawing(picture.pdf, not self._opaque)
        if self._opaque and drawn.transparent:
            raise PdfArchival("the picture is transparent")
        self._seal = drawn.add_to(writer)
        self._box = drawn.box
        self._drawn: dict[tuple[Share, int], IndirectObject] = {}

    def of(self, impression: Impression) -> IndirectObject:
        """The appearance stream of an impression.

        A viewer cuts it to its box, and fits that box, turned by its matrix, into the annotation's rectangle
        (ISO 32000-1, 8.10.1 and 12.5.5). The seal is one transparency group that multiplies with the page, as
        ink does: text below stays readable. Where transparency is forbidden, its lines cover what is below.
        """
        key = impression.share, impression.geometry.rotation
        if key not in self._drawn:
            self._drawn[key] = self._writer.add_object(self._stream(impression.share, impression.geometry))
        return self._drawn[key]

    def _stream(self, share: Share, geometry: PageGeometry) -> StreamObject:
        stream = StreamObject(
            dictionary(
                Type=pdf_name("/XObject"),
                Subtype=pdf_name("/Form"),
                BBox=ArrayObject(map(FloatObject, self._cut(share))),
                Resources=self._resources(),
            ),
            stream_data=b"/Seal Do" if self._opaque else b"/Ink gs /Seal Do",
        )
        if matrix := geometry.upright_matrix:
            stream[pdf_name("/Matrix")] = ArrayObject(map(NumberObject, matrix))
        return stream

    def _resources(self) -> DictionaryObject:
        resources = dictionary(XObject=dictionary(Seal=self._seal))
        if not self._opaque:
            ink = dictionary(BM=pdf_name("/Multiply"))
            resources[pdf_name("/ExtGState")] = dictionary(Ink=ink)
        return resources

    def _cut(self, share: Share) -> tuple[str, str, str, str]:
        """The part of the picture's box that is ``share`` of it."""
        x0, y0, x1, y1 = self._box
        left, top, right, bottom = share
        width, height = x1 - x0, y1 - y0
        corners = (x0 + left * width, y1 - bottom * height, x0 + right * width, y1 - top * height)
        a, b, c, d = (f"{number:.4f}" for number in corners)
        return a, b, c, d


def dictionary(**entries: Any) -> DictionaryObject:
    """A PDF dictionary with these keys."""
    named = {pdf_name(f"/{key}"): value for key, value in entries.items()}
    return DictionaryObject(named)  # type: ignore[no-untyped-call]
