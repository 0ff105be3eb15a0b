"""Hybrid files: tables for old readers, and streams with more objects for all others (ISO 32000-1, 7.5.8.4).

Word processors write them. They are harmless while the stream adds objects; one that gives an object of
the tables another place makes readers disagree on what the document says.
"""

from __future__ import annotations

from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader

from ca.documents.errors import PdfHybrid


def check_hybrid(reader: PdfFileReader) -> None:
    """Whether old and new readers see the same objects. Raises PdfHybrid."""
    if not reader.xrefs.hybrid_xrefs_present:
        return
    seen: dict[int, Any] = {}  # what a reader of tables alone finds, oldest section first
    for revision in range(reader.xrefs.total_revisions):
        section = reader.xrefs.get_xref_data(revision)
        for number in section.freed:
            seen.pop(number, None)
        seen.update(_located(section))
        if section.hybrid is not None:
            _check_same(_located(section.hybrid.xref_data), seen)


def _located(section: Any) -> dict[int, Any]:
    places: dict[int, Any] = {number: place for number, (_, place) in section.standard_xrefs.items()}
    places.update(section.xrefs_in_objstm)
    return places


def _check_same(hidden: dict[int, Any], seen: dict[int, Any]) -> None:
    for number, place in hidden.items():
        if seen.get(number, place) != place:
            raise PdfHybrid(f"object {number} is in two places")
