"""What earlier signatures let a new seal do: certifications (DocMDP) and locks of fields (FieldMDP).

A certification that permits filling in and signing permits a seal (ISO 32000-2, table 257); the EU's DSS
reads it so as well. A lock on all fields but some forbids every field that is new.
"""

from __future__ import annotations

from typing import Any, Final

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields

from ca.documents.errors import CertificationNotFirst, PdfCertified, PdfLocked
from ca.documents.reading import entry
from ca.documents.terms import Terms

_SIGNING: Final = (2, 3)  # the levels that permit it
_DEFAULT: Final = 2
_NEW_TOO: Final = ("/All", "/Exclude")  # locks that hold fields which are not there yet


def check_restrictions(reader: PdfFileReader, terms: Terms) -> None:
    """Whether a visible signature may be added. Raises PdfCertified, PdfLocked, CertificationNotFirst."""
    for _name, value, field in enumerate_sig_fields(reader, filled_status=True):
        if terms.certify is not None:
            raise CertificationNotFirst("the document has signatures")
        for reference in entry(value.get_object(), "/Reference", ()):
            _check_reference(reference.get_object())
        _check_lock(entry(field.get_object(), "/Lock", {}))


def _check_reference(reference: Any) -> None:
    method = entry(reference, "/TransformMethod")
    parameters = entry(reference, "/TransformParams", {})
    if method == "/DocMDP" and int(entry(parameters, "/P", _DEFAULT)) not in _SIGNING:
        raise PdfCertified("the author's certification forbids all changes")
    if method == "/FieldMDP":
        _check_lock(parameters)


def _check_lock(lock: Any) -> None:
    """A lock dictionary, or what a signature's reference copied of it."""
    if entry(lock, "/Action") in _NEW_TOO:
        raise PdfLocked("an earlier signature locks new fields")
    if int(entry(lock, "/P", _DEFAULT)) not in _SIGNING:
        raise PdfLocked("an earlier signature forbids all changes")
