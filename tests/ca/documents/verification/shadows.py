"""Documents prepared for shadow attacks: what the signer sees is not all that they hold."""

from __future__ import annotations

import re
from io import BytesIO

from pyhanko.pdf_utils.generic import (
    ArrayObject,
    DictionaryObject,
    NumberObject,
    StreamObject,
    pdf_name,
)
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter

from tests.ca.documents.pdfs import A4, written

PAY = b"BT /F 24 Tf 100 600 Td (Pay 1000000 to the bearer) Tj ET\n"
COVER = b"1 1 1 rg 80 580 460 60 re f\n"


def _font(writer: PdfFileWriter | IncrementalPdfFileWriter, name: str = "/Helvetica") -> DictionaryObject:
    font = DictionaryObject(
        {pdf_name("/Type"): pdf_name("/Font"), pdf_name("/Subtype"): pdf_name("/Type1")}
        | {pdf_name("/BaseFont"): pdf_name(name)}
    )
    return DictionaryObject({pdf_name("/Font"): DictionaryObject({pdf_name("/F"): writer.add_object(font)})})


def document(*streams: bytes) -> PdfFileWriter:
    """One page of text; each part of its content an object of its own."""
    writer = PdfFileWriter(stream_xrefs=False)
    parts = ArrayObject(writer.add_object(StreamObject(stream_data=one)) for one in streams)
    page = PageObject(contents=writer.add_object(parts), media_box=A4)
    page[pdf_name("/Resources")] = _font(writer)
    writer.insert_page(page)
    return writer


def open_text() -> bytes:
    return written(document(PAY))


def covered_text() -> bytes:
    """Hide: white paint over the line that the signer shall not see."""
    return written(document(PAY, COVER))


def uncovered(pdf: bytes) -> bytes:
    """The attack: the paint is written anew, and paints nothing."""
    page = PdfFileReader(BytesIO(pdf)).root["/Pages"]["/Kids"][0]
    number = page["/Contents"].raw_get(1).idnum
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    from pyhanko.pdf_utils.generic import Reference

    cover = writer.get_object(Reference(number, 0, writer))
    assert isinstance(cover, StreamObject)
    cover._data = b" "
    cover._encoded_data = None
    writer.mark_update(Reference(number, 0, writer))
    return written(writer)


def two_faced(*, reachable: bool = False) -> bytes:
    """Hide and replace: a second page that no tree has, for a later version to show."""
    writer = document(PAY)
    content = writer.add_object(StreamObject(stream_data=PAY.replace(b"1000000", b"9999999")))
    page = PageObject(contents=content, media_box=A4)
    page[pdf_name("/Resources")] = _font(writer)
    writer.add_object(page)
    assert not reachable
    return written(writer)


def faces_changed(pdf: bytes) -> bytes:
    """The attack: the tree's one page is now the other."""
    hidden = next(
        number
        for number in range(1, 30)
        if (found := _object(pdf, number)) is not None
        and found.get("/Type") == "/Page"
        and number != PdfFileReader(BytesIO(pdf)).root["/Pages"]["/Kids"].raw_get(0).idnum
    )
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    from pyhanko.pdf_utils.generic import IndirectObject

    tree = writer.root["/Pages"]
    tree[pdf_name("/Kids")] = ArrayObject([IndirectObject(hidden, 0, writer)])
    writer.update_container(tree)
    return written(writer)


def _object(pdf: bytes, number: int):  # type: ignore[no-untyped-def]
    from pyhanko.pdf_utils.generic import Reference

    reader = PdfFileReader(BytesIO(pdf))
    try:
        found = reader.get_object(Reference(number, 0, reader))
    except Exception:
        return None
    return found if isinstance(found, DictionaryObject) else None


def written_twice() -> bytes:
    """The content's object a second time, in no table: a later version has only to name its place."""
    pdf = open_text()
    content = re.search(rb"(\d+) 0 obj\s*<<[^>]*>>\s*stream[^B]*BT", pdf)
    assert content
    evil = PAY.replace(b"1000000", b"9999999")
    body = b"%d 0 obj\n<< /Length %d >>\nstream\n%s\nendstream\nendobj\n" % (
        int(content[1]),
        len(evil),
        evil,
    )
    table_at = pdf.index(b"xref\n")
    moved = re.sub(rb"startxref\s+(\d+)", lambda found: b"startxref\n%d" % (table_at + len(body)), pdf)
    return moved[:table_at] + body + moved[table_at:]


def table_moved(pdf: bytes) -> bytes:
    """The attack: one line in a new table, and the other of the two is shown."""
    places = [found.start() for found in re.finditer(rb"(?<=\n)\d+ 0 obj\s*<<[^>]*>>\s*stream[^B]*BT", pdf)]
    evil = next(at for at in places if b"9999999" in pdf[at : at + 300])
    number = int(pdf[evil : evil + 4].split()[0])
    old = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    reader = PdfFileReader(BytesIO(pdf))
    size, root = reader.xrefs.get_xref_container_info(-1).size, reader.root_ref.idnum
    table = b"xref\n%d 1\n%010d 00000 n \n" % (number, evil)
    trailer = b"trailer\n<< /Size %d /Root %d 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"
    return pdf + table + trailer % (size, root, old, len(pdf))


def font_changed(pdf: bytes) -> bytes:
    """Replace: the letters stay, the font under their name becomes another."""
    page = PdfFileReader(BytesIO(pdf)).root["/Pages"]["/Kids"][0]
    number = page["/Resources"]["/Font"].raw_get("/F").idnum
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    from pyhanko.pdf_utils.generic import Reference

    font = writer.get_object(Reference(number, 0, writer))
    font[pdf_name("/BaseFont")] = pdf_name("/Symbol")
    writer.mark_update(Reference(number, 0, writer))
    return written(writer)


def layered() -> bytes:
    """A layer that is off."""
    writer = document(PAY)
    layer = writer.add_object(
        DictionaryObject({pdf_name("/Type"): pdf_name("/OCG"), pdf_name("/Name"): pdf_name("/L")})
    )
    configuration = DictionaryObject({pdf_name("/OFF"): ArrayObject([layer])})
    writer.root[pdf_name("/OCProperties")] = DictionaryObject(
        {pdf_name("/OCGs"): ArrayObject([layer]), pdf_name("/D"): configuration}
    )
    return written(writer)


def external() -> bytes:
    """Content from another file."""
    writer = document(PAY)
    page = writer.find_page_for_modification(0)[0].get_object()
    stream = StreamObject(stream_data=b"")
    stream[pdf_name("/F")] = pdf_name("/elsewhere.bin")
    page[pdf_name("/Contents")] = ArrayObject([*page["/Contents"], writer.add_object(stream)])
    assert NumberObject
    return written(writer)
