"""A field that somebody adds later, with an earlier signature as its value: a seal where its owner never
put it."""

from __future__ import annotations

from io import BytesIO

from pyhanko.pdf_utils.generic import ArrayObject, FloatObject, pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SignatureFormField

from ca.documents.placing import OnEveryPage, Place
from ca.documents.signing import seal_pdf
from ca.documents.verification import Trust, verify_document, verify_pdf
from ca.seals.picture import SealPicture
from tests.ca.documents.pdfs import plain_pdf, written
from tests.ca.documents.pki import NOW, Issuer


def borrowed(sealed: bytes) -> bytes:
    """The seal of the first page on the second as well, by somebody without a key."""
    writer = IncrementalPdfFileWriter(BytesIO(sealed))
    fields = writer.root["/AcroForm"]["/Fields"]
    owner = fields.raw_get(0).get_object()
    page = writer.find_page_for_modification(1)[0]
    field = SignatureFormField("Seal-again", box=(100, 100, 200, 200), include_on_page=page)
    field[pdf_name("/V")] = owner.raw_get("/V")
    field[pdf_name("/AP")] = owner["/AP"]
    field[pdf_name("/TU")] = pdf_string("印章")
    field[pdf_name("/Rect")] = ArrayObject(map(FloatObject, (100, 100, 200, 200)))
    reference = writer.add_object(field)
    field.register_widget_annotation(writer, reference)
    fields.insert(0, reference)
    writer.update_container(fields)
    return written(writer)


def test_a_borrowed_seal_is_called_out(root: Issuer, issuer: Issuer, picture: SealPicture) -> None:
    sealed = seal_pdf(plain_pdf(2), issuer.identity(), picture, Place(0, 60, 60), reason="签章", at=NOW)
    forged = borrowed(sealed)
    assert [one.valid for one in verify_pdf(sealed, [root.certificate], [], [], NOW)] == [True]
    assert False in [one.valid for one in verify_pdf(forged, [root.certificate], [], [], NOW)]
    trust = Trust.of([root.certificate])
    assert verify_document(sealed, trust, NOW).verdict != verify_document(forged, trust, NOW).verdict


def test_a_seal_on_every_page_is_one_signature(root: Issuer, issuer: Issuer, picture: SealPicture) -> None:
    places = OnEveryPage(60, 60)
    sealed = seal_pdf(plain_pdf(5), issuer.identity(), picture, places, reason="签章", at=NOW)
    assert len(verify_pdf(sealed, [root.certificate], [], [], NOW)) == 1
    assert len(verify_document(sealed, Trust.of([root.certificate]), NOW).signatures) == 1
