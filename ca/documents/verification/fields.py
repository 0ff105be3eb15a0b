"""The fields of a PDF's signatures, one for each signature.

A seal on many pages has a field on each, and they share one signature. A field that was added after the
signature it shows is somebody else's: the appearance of a seal, in a place where its owner never put it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyhanko.pdf_utils.generic import IndirectObject
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields

from ca.documents.verification.messages import Flaw
from ca.documents.verification.model import Problem
from ca.documents.verification.objects import key_of


def signature_fields(reader: PdfFileReader) -> Iterator[tuple[str, Any, Any]]:
    """Name, value and field of each signature; and those fields that borrow another's, each by itself."""
    seen = set()
    for name, value, field in enumerate_sig_fields(reader, filled_status=True):
        key = key_of(value)
        if is_borrowed(reader, value, field):
            yield str(name), value, field
        elif key is None or key not in seen:
            seen.add(key)
            yield str(name), value, field


def is_borrowed(reader: PdfFileReader, value: Any, field: Any) -> bool:
    """Whether a field is newer than the signature that it has as its value."""
    if not isinstance(value, IndirectObject) or not isinstance(field, IndirectObject):
        return False
    since = reader.xrefs.get_introducing_revision
    return bool(since(field.reference) > since(value.reference))


def refuse_borrowed(reader: PdfFileReader, value: Any, field: Any) -> None:
    """Raises Flaw."""
    if is_borrowed(reader, value, field):
        raise Flaw(Problem.COVERAGE_UNCLEAR, "the field is newer than its signature")
