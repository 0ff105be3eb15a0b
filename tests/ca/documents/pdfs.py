"""PDFs that people bring: rotated, cropped, encrypted, certified, with scripts, broken."""

from __future__ import annotations

from io import BytesIO

from pyhanko.pdf_utils.generic import (
    ArrayObject,
    DictionaryObject,
    NumberObject,
    StreamObject,
    pdf_name,
    pdf_string,
)
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter

A4 = (0, 0, 595, 842)


def writer_of(
    pages: int = 1,
    *,
    media: tuple[int, ...] = A4,
    crop: tuple[int, ...] | None = None,
    rotate: int = 0,
    user_unit: int = 1,
) -> PdfFileWriter:
    writer = PdfFileWriter(stream_xrefs=False)
    for number in range(pages):
        text = StreamObject(stream_data=f"0.9 g 20 20 {30 + number} 30 re f".encode())
        page = PageObject(contents=writer.add_object(text), media_box=media)
        page["/Rotate"] = NumberObject(rotate)
        if user_unit != 1:
            page["/UserUnit"] = NumberObject(user_unit)
        if crop:
            page["/CropBox"] = ArrayObject(map(NumberObject, crop))
        writer.insert_page(page)
    return writer


def written(writer: PdfFileWriter | IncrementalPdfFileWriter) -> bytes:
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def plain_pdf(pages: int = 1, **shape: object) -> bytes:
    return written(writer_of(pages, **shape))  # type: ignore[arg-type]


def encrypted_pdf() -> bytes:
    writer = writer_of()
    writer.encrypt(owner_pass="owner", user_pass="")
    return written(writer)


def empty_pdf() -> bytes:
    return written(PdfFileWriter(stream_xrefs=False))


def script() -> DictionaryObject:
    return DictionaryObject(
        {pdf_name("/S"): pdf_name("/JavaScript"), pdf_name("/JS"): pdf_string("app.alert(1)")}
    )


def opening_script_pdf() -> bytes:
    writer = writer_of()
    writer.root[pdf_name("/OpenAction")] = script()
    return written(writer)


def chained_script_pdf() -> bytes:
    """An innocent action on a page's opening, followed by a script."""
    writer = writer_of()
    first = DictionaryObject({pdf_name("/S"): pdf_name("/GoTo"), pdf_name("/Next"): script()})
    page = writer.find_page_for_modification(0)[0].get_object()
    page[pdf_name("/AA")] = DictionaryObject({pdf_name("/O"): first})
    return written(writer)


def named_script_pdf() -> bytes:
    writer = writer_of()
    names = DictionaryObject({pdf_name("/Names"): ArrayObject([pdf_string("x"), script()])})
    writer.root[pdf_name("/Names")] = DictionaryObject({pdf_name("/JavaScript"): names})
    return written(writer)


def scribbled(pdf: bytes) -> bytes:
    """The document with a page's content changed in a later revision."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    page = writer.find_page_for_modification(0)[0].get_object()
    page[pdf_name("/Contents")] = writer.add_object(StreamObject(stream_data=b"0 g 100 100 200 200 re f"))
    writer.update_container(page)
    return written(writer)


def padded_pdf(megabytes: int, pages: int = 1) -> bytes:
    """Pages with pictures that nobody looks at: as large as scans are."""
    writer = writer_of(pages)
    size = megabytes * 1024**2 // pages
    for number in range(pages):
        entries = {"/Type": "/XObject", "/Subtype": "/Image", "/ColorSpace": "/DeviceGray"}
        picture = DictionaryObject({pdf_name(key): pdf_name(value) for key, value in entries.items()})
        for key, value in {"/Width": size, "/Height": 1, "/BitsPerComponent": 8}.items():
            picture[pdf_name(key)] = NumberObject(value)
        stream = writer.add_object(StreamObject(picture, encoded_data=bytes(size)))
        page, _ = writer.find_page_for_modification(number)
        resources = DictionaryObject({pdf_name("/XObject"): DictionaryObject({pdf_name("/Scan"): stream})})
        page.get_object()[pdf_name("/Resources")] = resources
    return written(writer)
