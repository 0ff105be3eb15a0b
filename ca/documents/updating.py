"""The incremental update in which everything is added to a PDF: what was signed before stays as it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import SEEK_END
from typing import BinaryIO

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1


def update_of(reader: PdfFileReader) -> IncrementalPdfFileWriter:
    """An incremental update that declares PAdES (ETSI EN 319 142-1, 5.6) where PDF 2.0 does not imply it."""
    writer = IncrementalPdfFileWriter.from_reader(reader)
    writer.ensure_output_version((1, 7))  # type: ignore[no-untyped-call]
    if writer.output_version < (2, 0):
        writer.register_extension(ESIC_EXTENSION_1)
    return writer


@contextmanager
def as_it_was(document: BinaryIO) -> Iterator[None]:
    """Cut off what was added to a file when adding it failed."""
    length = document.seek(0, SEEK_END)
    try:
        yield
    except BaseException:
        document.truncate(length)
        raise
