"""Opening a PDF from anywhere: what can be sealed, and what must be refused before anything is signed.

pyHanko reads; the checks here are about what sealing would mean. Its reader meets hostile input with all
sorts of exceptions (KeyError, RecursionError, …), so whatever it raises is one answer: PdfDamaged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import SEEK_END, BytesIO
from typing import Any, BinaryIO, Final

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields

from ca.documents.errors import (
    PageNotFound,
    PdfActive,
    PdfDamaged,
    PdfEmpty,
    PdfEncrypted,
    PdfHybrid,
    PdfLocked,
    PdfTooLarge,
)
from ca.documents.geometry import PageGeometry
from ca.errors import CaError

MAX_BYTES: Final = 64 * 1024 * 1024
"""Of a document that is held in memory."""
MAX_FILE_BYTES: Final = 256 * 1024 * 1024
"""Of a document in a file."""
_DEEPEST: Final = 64  # levels of a page tree, field tree or chain of actions; real ones have a handful


@dataclass(frozen=True, slots=True)
class SealablePdf:
    """A PDF that may be sealed: readable, not encrypted, without scripts, not locked by a signature."""

    reader: PdfFileReader
    pages: tuple[Any, ...]  # page dictionaries in their order
    password: str | None = field(default=None, repr=False)  # that opened it

    def page_index(self, page: int) -> int:
        """``page`` counted from 0. Raises PageNotFound."""
        count = len(self.pages)
        if not -count <= page < count:
            raise PageNotFound(f"page {page} of {count}", pages=count)
        return page % count

    def content(self) -> bytes:
        """The file, whole."""
        self.reader.stream.seek(0)
        return bytes(self.reader.stream.read())

    def geometry(self, index: int) -> PageGeometry:
        """What a viewer shows of a page. Raises PdfDamaged."""
        with refusing_damage():
            return _geometry(self.pages[index])


def open_sealable(pdf: bytes | BinaryIO, max_bytes: int = MAX_BYTES) -> SealablePdf:
    """Read ``pdf`` and check that it may be sealed. Raises the subclasses of DocumentRefused."""
    reader = read_pdf(pdf, max_bytes)
    with refusing_damage():
        if reader.xrefs.hybrid_xrefs_present:
            raise PdfHybrid("hybrid cross-reference sections")
        pages = tuple(_leaves(reader.root["/Pages"], "/Kids"))
        if not pages:
            raise PdfEmpty("the page tree has no leaves")
        if _has_script(reader.root, pages):
            raise PdfActive("a JavaScript action was found")
        if _is_locked(reader):
            raise PdfLocked("an earlier signature certifies or locks the document")
    return SealablePdf(reader, pages)


def read_pdf(pdf: bytes | BinaryIO, max_bytes: int = MAX_BYTES) -> PdfFileReader:
    """A reader over ``pdf``, octets or a seekable file, of which it reads what it needs.

    Raises PdfTooLarge, PdfDamaged, PdfEncrypted.
    """
    stream = BytesIO(pdf) if isinstance(pdf, bytes) else pdf
    if (length := stream.seek(0, SEEK_END)) > max_bytes:
        raise PdfTooLarge(f"{length} bytes, at most {max_bytes}", limit_mb=max_bytes // 1024**2)
    with refusing_damage():
        reader = PdfFileReader(stream, strict=False)
        if reader.encrypted:
            raise PdfEncrypted("the document has an encryption dictionary")
        return reader


@contextmanager
def refusing_damage() -> Iterator[None]:
    """Turn whatever a reader raises over broken structures into PdfDamaged."""
    try:
        yield
    except CaError:
        raise
    except Exception as error:
        raise PdfDamaged(f"{type(error).__name__}: {error}") from error


def entry(dictionary: Any, key: str, default: Any = None) -> Any:
    """A dictionary's value itself. (``get`` of pyHanko's dictionaries may answer a mere reference to it.)"""
    return dictionary[key] if key in dictionary else default  # noqa: SIM401


def _leaves(node: Any, kids: str, depth: int = 0) -> Iterator[Any]:
    """The leaves of a page or field tree, in order."""
    if depth > _DEEPEST:
        raise PdfDamaged("the tree is too deep or runs in a circle")
    if kids not in node:
        yield node
        return
    for kid in node[kids]:
        yield from _leaves(kid.get_object(), kids, depth + 1)


def _geometry(page: Any) -> PageGeometry:
    media = _box(_inherited(page, "/MediaBox"))
    crop = _box(_inherited(page, "/CropBox") or media)
    # ISO 32000-1, 14.11.2.1: a crop box is cut to the media box.
    shown = (
        max(crop[0], media[0]),
        max(crop[1], media[1]),
        min(crop[2], media[2]),
        min(crop[3], media[3]),
    )
    rotation = int(_inherited(page, "/Rotate") or 0) % 360
    if rotation % 90 or shown[0] >= shown[2] or shown[1] >= shown[3]:
        raise PdfDamaged(f"page rotated by {rotation}, box {shown}")
    return PageGeometry(shown, rotation, float(entry(page, "/UserUnit", 1)))


def _box(corners: Any) -> tuple[float, float, float, float]:
    """A PDF rectangle as left, bottom, right, top; any two opposite corners may be given (7.9.5)."""
    x0, y0, x1, y1 = (float(number) for number in corners)
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _inherited(page: Any, key: str) -> Any:
    """A page attribute, its own or the nearest ancestor's (7.7.3.4)."""
    for _ in range(_DEEPEST):
        if key in page:
            return page[key]
        if "/Parent" not in page:
            return None
        page = page["/Parent"]
    raise PdfDamaged("the page tree runs in a circle")


def _has_script(root: Any, pages: Iterable[Any]) -> bool:
    """Whether JavaScript hangs at the places where viewers run it (12.6.3 and 12.6.4.16)."""
    if "/JavaScript" in entry(root, "/Names", {}):
        return True
    fields = entry(entry(root, "/AcroForm", {}), "/Fields", ())
    widgets = (leaf for field in fields for leaf in _leaves(field.get_object(), "/Kids"))
    annotations = (note.get_object() for page in pages for note in entry(page, "/Annots", ()))
    holders = (root, *pages, *widgets, *annotations)
    return any(_runs(entry(holder, key)) for holder in holders for key in ("/OpenAction", "/A", "/AA"))


def _runs(action: Any, depth: int = 0) -> bool:
    """Whether an action, one of its successors, or one of a dictionary of triggers, is a script."""
    if depth > _DEEPEST:
        return True
    if isinstance(action, list):
        return any(_runs(one.get_object(), depth + 1) for one in action)
    if not isinstance(action, dict):
        return False
    if entry(action, "/S") == "/JavaScript":
        return True
    followers = [action["/Next"]] if "/Next" in action else []
    if "/S" not in action:  # triggers (/AA)
        followers = [action[trigger] for trigger in action]
    return any(_runs(one, depth + 1) for one in followers)


def _is_locked(reader: PdfFileReader) -> bool:
    """Whether an earlier signature would be broken by a new visible one (12.8.2.2, 12.8.2.4 and 12.8.4).

    A certified document that permits filling in forms permits signing in fields that are there. About a new
    field, verifiers disagree, and the strict ones call the certification broken: so it is not touched.
    """
    return any(
        _locks(value.get_object(), field.get_object())
        for _name, value, field in enumerate_sig_fields(reader, filled_status=True)
    )


def _locks(signature: Any, field: Any) -> bool:
    for reference in entry(signature, "/Reference", ()):
        parameters = entry(reference.get_object(), "/TransformParams", {})
        if entry(reference.get_object(), "/TransformMethod") == "/DocMDP":
            return True
        if entry(parameters, "/Action") in ("/All", "/Exclude"):
            return True
    return "/P" in entry(field, "/Lock", {})
