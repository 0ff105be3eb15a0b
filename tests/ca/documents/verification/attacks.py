"""Attacks on signed PDFs, each built here on a document that was good.

Names are those of the papers: Mladenov and others, "1 Trillion Dollar Refund" (USF, ISA, SWA, 2019); "Shadow
Attacks" (2021); "Breaking the Specification: PDF Certification" (EAA, SSA, 2021).
"""

from __future__ import annotations

import re
from io import BytesIO

from asn1crypto import cms
from pyhanko.pdf_utils.generic import (
    ArrayObject,
    DictionaryObject,
    NumberObject,
    StreamObject,
    TextStringObject,
    pdf_name,
)
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader

from tests.ca.documents.pdfs import scribbled, written

_CONTENTS = re.compile(rb"/Contents <([0-9a-fA-F]+)>")
_RANGE = re.compile(rb"/ByteRange ?\[ ?(\d+) (\d+) (\d+) (\d+) *\] *")
EVIL = b"0 0 1 rg 50 50 300 300 re f"


def _hole(pdf: bytes) -> tuple[int, int]:
    """Offsets of the ``<`` and behind the ``>`` of the newest signature."""
    *_, found = _CONTENTS.finditer(pdf)
    return found.start(1) - 1, found.end(1) + 1


def contents(pdf: bytes) -> bytes:
    begin, end = _hole(pdf)
    return bytes.fromhex(pdf[begin + 1 : end - 1].decode())


def with_contents(pdf: bytes, der: bytes) -> bytes:
    """Another CMS in the same place."""
    begin, end = _hole(pdf)
    room = end - begin - 2
    assert len(der) * 2 <= room
    return pdf[: begin + 1] + der.hex().encode().ljust(room, b"0") + pdf[end - 1 :]


def with_hole(pdf: bytes, value: bytes) -> bytes:
    """Anything in place of the string of /Contents, padded with spaces."""
    begin, end = _hole(pdf)
    return pdf[:begin] + value.ljust(end - begin) + pdf[end:]


def with_range(pdf: bytes, said: bytes) -> bytes:
    """Another value of /ByteRange, as long as the old one, so that nothing moves."""
    *_, found = _RANGE.finditer(pdf)
    whole = b"/ByteRange " + said
    assert len(whole) <= found.end() - found.start(), "the new range must not be longer"
    return pdf[: found.start()] + whole.ljust(found.end() - found.start()) + pdf[found.end() :]


def range_of(pdf: bytes) -> tuple[int, int, int, int]:
    *_, found = _RANGE.finditer(pdf)
    a, b, c, d = (int(one) for one in found.groups())
    return a, b, c, d


def renamed(pdf: bytes, key: bytes, other: bytes) -> bytes:
    """A key of the newest signature dictionary under another name of the same length."""
    assert len(key) == len(other)
    at = pdf.rindex(key)
    return pdf[:at] + other + pdf[at + len(key) :]


def tampered(pdf: bytes) -> bytes:
    """A digit of what is drawn on the page."""
    changed = pdf.replace(b"30 30 re f", b"30 31 re f", 1)
    assert changed != pdf
    return changed


def with_stamp_of(pdf: bytes, other: bytes) -> bytes:
    """The time stamp of another document's signature."""
    mine, theirs = (cms.ContentInfo.load(contents(one)) for one in (pdf, other))
    stamp = theirs["content"]["signer_infos"][0]["unsigned_attrs"]
    mine["content"]["signer_infos"][0]["unsigned_attrs"] = stamp.copy()
    return with_contents(pdf, mine.dump(force=True))


# Incremental saving: something is put behind what was signed, more or less well formed.


def _page_and_content(pdf: bytes) -> tuple[int, int]:
    """Object numbers of the first page and of its content."""
    page = PdfFileReader(BytesIO(pdf)).root["/Pages"]["/Kids"].raw_get(0)
    found = page.get_object().raw_get("/Contents")
    found = found if hasattr(found, "idnum") else found.raw_get(0)
    return page.idnum, found.idnum


def _object(number: int, content: bytes = EVIL) -> bytes:
    return b"%d 0 obj\n<< /Length %d >>\nstream\n%s\nendstream\nendobj\n" % (number, len(content), content)


def isa_body_alone(pdf: bytes) -> bytes:
    return pdf + _object(_page_and_content(pdf)[1])


def isa_body_and_end(pdf: bytes) -> bytes:
    """As before, with an end that points at the signed cross-reference section."""
    old = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    return isa_body_alone(pdf) + b"startxref\n%d\n%%%%EOF\n" % old


def isa_trailer_without_table(pdf: bytes) -> bytes:
    old = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    size = PdfFileReader(BytesIO(pdf)).xrefs.get_xref_container_info(-1).size
    trailer = b"trailer\n<< /Size %d /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (size, old, old)
    return isa_body_alone(pdf) + trailer


def isa_table_that_leaves_it_out(pdf: bytes) -> bytes:
    """A proper update of nothing, with the new object beside it and not in its table."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    writer.force_write_when_empty = True
    update = written(writer)[len(pdf) :]
    body = _object(_page_and_content(pdf)[1])
    moved = re.sub(
        rb"startxref\s+(\d+)", lambda found: b"startxref\n%d" % (int(found[1]) + len(body)), update
    )
    return pdf + body + moved


def isa_copied_signature(pdf: bytes) -> bytes:
    """The page changed, and the signature's dictionary written once more, so that it looks newer."""
    changed = scribbled(pdf)
    writer = IncrementalPdfFileWriter(BytesIO(changed))
    for reference in writer.root["/AcroForm"]["/Fields"]:
        value = reference.get_object().raw_get("/V")
        writer.mark_update(value)
    return written(writer)


def field_that_shows(pdf: bytes, content: bytes = EVIL, *, in_kid: bool = False) -> bytes:
    """A signature field that nobody signs, over the whole page; ``in_kid``: its widget is an object apart."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    box = ArrayObject(map(NumberObject, (0, 0, 595, 842)))
    look = StreamObject(
        {pdf_name("/Subtype"): pdf_name("/Form"), pdf_name("/BBox"): box}, stream_data=content
    )
    widget = {
        pdf_name("/Subtype"): pdf_name("/Widget"),
        pdf_name("/Rect"): box,
        pdf_name("/F"): NumberObject(4),
        pdf_name("/AP"): DictionaryObject({pdf_name("/N"): writer.add_object(look)}),
    }
    told = {pdf_name("/FT"): pdf_name("/Sig"), pdf_name("/T"): TextStringObject("Empty")}
    field = writer.add_object(DictionaryObject(told if in_kid else told | widget))
    shown = field
    if in_kid:
        shown = writer.add_object(DictionaryObject(widget | {pdf_name("/Parent"): field}))
        field.get_object()[pdf_name("/Kids")] = ArrayObject([shown])
    for holder, key, one in (
        (writer.root["/AcroForm"], "/Fields", field),
        (writer.find_page_for_modification(0)[0].get_object(), "/Annots", shown),
    ):
        holder[key].append(one)
        writer.update_container(holder[key])
        writer.update_container(holder)
    return written(writer)


def isa_undone(pdf: bytes) -> bytes:
    """Changed in one version and put back in the next: what was shown in between was never signed."""
    writer = IncrementalPdfFileWriter(BytesIO(scribbled(pdf)))
    _, content = _page_and_content(pdf)
    page = writer.find_page_for_modification(0)[0].get_object()
    old = PdfFileReader(BytesIO(pdf)).root["/Pages"]["/Kids"][0].raw_get("/Contents")
    page[pdf_name("/Contents")] = (
        ArrayObject(_reference(writer, one) for one in old)
        if isinstance(old, ArrayObject)
        else _reference(writer, old)
    )
    writer.update_container(page)
    assert content
    return written(writer)


def _reference(writer: IncrementalPdfFileWriter, old: object) -> object:
    from pyhanko.pdf_utils.generic import IndirectObject

    return IndirectObject(old.idnum, old.generation, writer)  # type: ignore[attr-defined]


def isa_freed(pdf: bytes) -> bytes:
    """The content of the page is freed: readers show nothing."""
    _, number = _page_and_content(pdf)
    old = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    reader = PdfFileReader(BytesIO(pdf))
    size, root = reader.xrefs.get_xref_container_info(-1).size, reader.root_ref.idnum
    table = b"xref\n%d 1\n0000000000 00001 f \n" % number
    trailer = b"trailer\n<< /Size %d /Root %d 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"
    return pdf + table + trailer % (size, root, old, len(pdf))


def trailing_junk(pdf: bytes) -> bytes:
    return pdf + b"and then some"


# Signature wrapping: the signed bytes stay whole and move apart; what is shown lies in the gap.


def swa_gap(pdf: bytes) -> bytes:
    """The second signed part moved to the end, a second /ByteRange in the gap that says so, and a table in
    the gap where the signed end points at, which leads to other content."""
    _, before, after, rest = range_of(pdf)
    _, content = _page_and_content(pdf)
    table_at = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    reader = PdfFileReader(BytesIO(pdf))
    last = reader.xrefs.total_revisions - 1
    offsets = {
        number: offset
        for revision in range(last + 1)
        for number, (_, offset) in reader.xrefs.get_xref_data(revision).standard_xrefs.items()
    }
    size, root = reader.xrefs.get_xref_container_info(last).size, reader.root_ref.idnum

    def gap(moved_to: int) -> bytes:
        said = b" /ByteRange [0 %d %d %d] /Type /Sig /Filter /F /SubFilter /ETSI.CAdES.detached >>\nendobj\n"
        head = (said % (before, moved_to, rest)).ljust(table_at - after - 1) + b"\n"
        assert len(head) == table_at - after
        table = b"xref\n0 1\n0000000000 65535 f \n"
        evil_at = table_at + len(table) + 60 * len(offsets)
        for number, offset in sorted(offsets.items()):
            line = b"%d 1\n%010d 00000 n \n" % (number, evil_at if number == content else offset)
            table += line
        table += b"trailer\n<< /Size %d /Root %d 0 R >>\n" % (size, root)
        return (head + table).ljust(evil_at - after - 1) + b"\n" + _object(content)

    made = gap(after)
    made = gap(after + len(made) + 8)
    made = gap(after + len(made))
    return pdf[:after] + made + pdf[after:]


# Certificates and attributes.


def with_certificates(pdf: bytes, *certificates: bytes) -> bytes:
    """Other certificates beside the same signature."""
    info = cms.ContentInfo.load(contents(pdf))
    kinds = [cms.CertificateChoices({"certificate": cms.Certificate.load(one)}) for one in certificates]
    info["content"]["certificates"] = cms.CertificateSet(kinds)
    return with_contents(pdf, info.dump(force=True))


def naming(pdf: bytes, certificate: bytes) -> bytes:
    """The signer's identifier (which is not signed) names another certificate."""
    info = cms.ContentInfo.load(contents(pdf))
    found = cms.Certificate.load(certificate)
    info["content"]["signer_infos"][0]["sid"] = cms.SignerIdentifier(
        {"issuer_and_serial_number": {"issuer": found.issuer, "serial_number": found.serial_number}}
    )
    return with_certificates(with_contents(pdf, info.dump(force=True)), certificate)


def with_two_signers(pdf: bytes) -> bytes:
    info = cms.ContentInfo.load(contents(pdf))
    signer = info["content"]["signer_infos"][0]
    other = signer.copy()
    other["version"] = "v3"
    info["content"]["signer_infos"] = cms.SignerInfos([signer.copy(), other])
    return with_contents(pdf, info.dump(force=True))


# Changes of what is shown, by a proper update.


def updated(pdf: bytes, change) -> bytes:  # type: ignore[no-untyped-def]
    """An update in which ``change`` is given the writer and the first page."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    page = writer.find_page_for_modification(0)[0].get_object()
    change(writer, page)
    return written(writer)


def page_added(pdf: bytes) -> bytes:
    from pyhanko.pdf_utils.writer import PageObject

    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    content = writer.add_object(StreamObject(stream_data=EVIL))
    writer.insert_page(PageObject(contents=content, media_box=(0, 0, 595, 842)))
    return written(writer)
