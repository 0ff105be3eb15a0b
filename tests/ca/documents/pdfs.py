"""PDFs that people bring: rotated, cropped, encrypted, certified, with scripts, broken."""

from __future__ import annotations

from io import BytesIO

from pyhanko.pdf_utils.crypt import StandardSecurityHandler
from pyhanko.pdf_utils.crypt.permissions import StandardPermissions
from pyhanko.pdf_utils.crypt.standard import StandardSecuritySettingsRevision
from pyhanko.pdf_utils.generic import (
    ArrayObject,
    DictionaryObject,
    NumberObject,
    StreamObject,
    pdf_name,
    pdf_string,
)
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
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
    writer.encrypt(owner_pass="owner", user_pass="user")
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


def versioned_pdf(version: tuple[int, int], stream_xrefs: bool) -> bytes:
    """A document of a version of PDF, with a table of cross references or a stream."""
    writer = writer_of()
    writer.stream_xrefs = stream_xrefs
    writer.output_version = version
    return written(writer).replace(b"%%PDF-%d.%d" % writer.output_version, b"%%PDF-%d.%d" % version, 1)


USER, OWNER = "open-sesame", "owner"
CIPHERS = ("rc4-40", "rc4-128", "aes-128", "aes-256")


def locked_pdf(cipher: str, pages: int = 1, permissions: StandardPermissions | None = None) -> bytes:
    """Encrypted for a user and an owner; ``permissions``: of the user, everything unless given."""
    writer = writer_of(pages)
    allowed = StandardPermissions.allow_everything() if permissions is None else permissions
    writer._assign_security_handler(_handler(cipher, writer, allowed))
    return written(writer)


def _handler(cipher: str, writer: PdfFileWriter, allowed: StandardPermissions) -> StandardSecurityHandler:
    if cipher == "aes-256":
        return StandardSecurityHandler.build_from_pw(OWNER, USER, perms=allowed, pdf_mac=False)
    writer.output_version = (1, 7)
    revision = {
        "rc4-40": StandardSecuritySettingsRevision.RC4_BASIC,
        "rc4-128": StandardSecuritySettingsRevision.RC4_EXTENDED,
        "aes-128": StandardSecuritySettingsRevision.RC4_OR_AES128,
    }[cipher]
    return StandardSecurityHandler.build_from_pw_legacy(
        *(revision, writer._document_id[0], OWNER, USER),
        keylen_bytes=5 if cipher == "rc4-40" else 16,
        use_aes128=cipher == "aes-128",
        perms=allowed,
    )


def hybrid_pdf(contradicting: bool = False) -> bytes:
    """As word processors write: a table for old readers, and a stream with the objects that only new ones
    see.

    ``contradicting``: the stream also gives the page another place than the table does.
    """
    pdf = plain_pdf()
    reader = PdfFileReader(BytesIO(pdf))
    number, root = int(reader.trailer["/Size"]), reader.trailer.raw_get("/Root").idnum
    hidden = reader.root["/Pages"]["/Kids"].raw_get(0).idnum if contradicting else number
    body = b"%d 0 obj\n<< /Seen /Late >>\nendobj\n" % hidden
    stream_at = len(pdf) + len(body)
    stream = b"%d 0 obj\n<< /Type /XRef /Size %d /W [1 3 1] /Index [%d 1] /Length 5 /Root %d 0 R >>\n" % (
        *(number + 1, number + 2, hidden, root),
    )
    stream += b"stream\n\x01%s\x00\nendstream\nendobj\n" % len(pdf).to_bytes(3, "big")
    trailer = b"xref\n0 1\n0000000000 65535 f \ntrailer\n"
    trailer += b"<< /Size %d /Root %d 0 R /Prev %d /XRefStm %d >>\n" % (
        *(number + 2, root),
        *(int(pdf[pdf.rindex(b"startxref") :].split()[1]), stream_at),
    )
    return pdf + body + stream + trailer + b"startxref\n%d\n%%%%EOF\n" % (stream_at + len(stream))
