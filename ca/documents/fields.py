"""Signature fields: one for each impression of a seal, all with the one signature as their value.

A signature field must never refer to more than one annotation (ISO 32000-2, 12.7.5.5), and poppler takes a
field with several for unsigned; so a seal on many pages has many fields that share a signature
(docs/decisions/0014-one-signature-many-fields.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyhanko.pdf_utils.generic import IndirectObject, pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SignatureFormField

from ca.documents.appearance import Appearances, dictionary
from ca.documents.errors import PdfDamaged
from ca.documents.impressions import Impression


def show(field: Any, impression: Impression, appearances: Appearances) -> None:
    """Give a field its appearance, and what a screen reader says."""
    field[pdf_name("/AP")] = dictionary(N=appearances.of(impression))
    field[pdf_name("/TU")] = pdf_string(appearances.name)


def add_fields(
    writer: IncrementalPdfFileWriter,
    impressions: Sequence[Impression],
    pages: Sequence[Any],
    appearances: Appearances,
    stem: str,
) -> list[Any]:
    """Further fields, named after ``stem``, and nothing in them yet. The form must be there.

    ``pages``: dictionaries of the document's pages, as they were read.
    """
    added = []
    fields = writer.root["/AcroForm"]["/Fields"]
    for number, impression in enumerate(impressions, start=2):
        page = _in(writer, pages[impression.page])
        field = SignatureFormField(f"{stem}-{number}", box=impression.box, include_on_page=page)
        show(field, impression, appearances)
        reference: IndirectObject = writer.add_object(field)
        field.register_widget_annotation(writer, reference)
        fields.append(reference)
        added.append(field)
    writer.update_container(fields)
    return added


def _in(writer: IncrementalPdfFileWriter, page: Any) -> IndirectObject:
    """A page in the update. pyHanko's own search counts through the tree for every one."""
    home = page.container_ref
    found = IndirectObject(home.idnum, home.generation, writer)  # type: ignore[no-untyped-call]
    if "/Kids" in found.get_object():  # type: ignore[no-untyped-call]  # a page must be an object of its own (ISO 32000-1, 7.7.3.2)
        raise PdfDamaged("a page is written in the page tree itself")
    return found
