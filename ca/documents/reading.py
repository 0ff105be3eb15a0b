"""Opening a PDF from anywhere.

pyHanko reads. Its reader meets hostile input with all
sorts of exceptions (KeyError, RecursionError, …), so whatever it raises is one answer: PdfDamaged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import SEEK_END, BytesIO
from typing import Any, BinaryIO, Final

from pyhanko.pdf_utils.reader import PdfFileReader

from ca.documents import cross_references, hex_strings
from ca.documents.errors import PdfDamaged, PdfTooLarge
from ca.documents.unlocking import unlock
from ca.errors import CaError

cross_references.install()
hex_strings.install()

MAX_BYTES: Final = 64 * 1024 * 1024
"""Of a document that is held in memory."""
MAX_FILE_BYTES: Final = 256 * 1024 * 1024
"""Of a document in a file."""
_TAIL: Final = 2048  # octets; %%EOF itself is in the last 1024
_END: Final = re.compile(rb"[\r\n]startxref[^\r\n0-9]*[\r\n]*[ \t]*[0-9]+[ \t]*[\r\n]+%%EOF")
DEEPEST: Final = 64  # levels of a page tree, field tree or chain of actions; real ones have a handful


def read_pdf(pdf: bytes | BinaryIO, max_bytes: int = MAX_BYTES, password: str | None = None) -> PdfFileReader:
    """A reader over ``pdf``, octets or a seekable file, of which it reads what it needs.

    ``password``: of an encrypted one; without it, what opens without typing one is read. Raises PdfTooLarge,
    PdfDamaged, PdfEncrypted, PdfPasswordWrong.
    """
    return opened(pdf, max_bytes, password)[0]


def opened(pdf: bytes | BinaryIO, max_bytes: int, password: str | None) -> tuple[PdfFileReader, bool]:
    """As ``read_pdf``; and whether that password allows changes."""
    stream = BytesIO(pdf) if isinstance(pdf, bytes) else pdf
    if (length := stream.seek(0, SEEK_END)) > max_bytes:
        raise PdfTooLarge(f"{length} bytes, at most {max_bytes}", limit_mb=max_bytes // 1024**2)
    _require_end(stream, length)
    with refusing_damage():
        reader = PdfFileReader(stream, strict=False)
        return reader, not reader.encrypted or unlock(reader, password)


def _require_end(stream: BinaryIO, length: int) -> None:
    """Whether the file ends as ISO 32000-2, 7.5.5 has it; then pyHanko's first steps stay in its tail.

    It reads lines backwards, octet by octet: of a file that is one line of 60 MB, for minutes.
    Raises PdfDamaged.
    """
    stream.seek(max(0, length - _TAIL))
    if not _END.search(stream.read(_TAIL)):
        raise PdfDamaged("no startxref and %%EOF at the end")


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


def leaves(node: Any, kids: str, depth: int = 0) -> Iterator[Any]:
    """The leaves of a page or field tree, in order."""
    if depth > DEEPEST:
        raise PdfDamaged("the tree is too deep or runs in a circle")
    if kids not in node:
        yield node
        return
    for kid in node[kids]:
        yield from leaves(kid.get_object(), kids, depth + 1)
