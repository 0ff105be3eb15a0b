"""PDFs that must be refused, each with its own code, and none of them altered."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from io import BytesIO

import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.generic import ArrayObject, NumberObject, pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm, SigFieldSpec
from pyhanko.sign.signers import PdfSignatureMetadata, SimpleSigner, sign_pdf
from pyhanko_certvalidator.registry import SimpleCertificateStore

from ca.documents.errors import (
    DocumentRefused,
    PageNotFound,
    PdfActive,
    PdfDamaged,
    PdfEmpty,
    PdfEncrypted,
    PdfHybrid,
    PdfLocked,
    PdfTooLarge,
    SealOffPage,
)
from ca.documents.geometry import PageGeometry
from ca.documents.sealable import open_sealable
from ca.documents.signing import Place, SigningIdentity, seal_pdf
from ca.documents.verification import verify_pdf
from ca.seals.picture import SealPicture
from hsm.errors import Kind
from tests.ca.documents import pdfs
from tests.ca.documents.pki import NOW, Issuer

MIDDLE = Place(0, 105, 148)


@pytest.fixture(scope="module")
def identity(issuer: Issuer) -> SigningIdentity:
    return issuer.identity()


def signed_elsewhere(
    identity: SigningIdentity, field: SigFieldSpec | None = None, **options: object
) -> bytes:
    """A document signed by other software."""
    key = identity.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    certificate, *chain = (
        asn1_x509.Certificate.load(one.public_bytes(Encoding.DER))
        for one in (identity.certificate, *identity.chain)
    )
    signer = SimpleSigner(
        signing_cert=certificate,
        signing_key=asn1_keys.PrivateKeyInfo.load(key),
        cert_registry=SimpleCertificateStore.from_certs(chain),
    )
    meta = PdfSignatureMetadata(field_name="Approval", **options)  # type: ignore[arg-type]
    writer = IncrementalPdfFileWriter(BytesIO(pdfs.plain_pdf()))
    output: BytesIO = sign_pdf(writer, meta, signer, new_field_spec=field)
    return output.getvalue()


REFUSED: dict[str, tuple[Callable[[], bytes], type[DocumentRefused]]] = {
    "encrypted": (pdfs.encrypted_pdf, PdfEncrypted),
    "no pages": (pdfs.empty_pdf, PdfEmpty),
    "not a PDF": (lambda: b"GIF89a" + bytes(200), PdfDamaged),
    "nothing": (lambda: b"", PdfDamaged),
    "cut off": (lambda: pdfs.plain_pdf()[:-200], PdfDamaged),
    "script on opening": (pdfs.opening_script_pdf, PdfActive),
    "script in a chain of actions": (pdfs.chained_script_pdf, PdfActive),
    "script by name": (pdfs.named_script_pdf, PdfActive),
    "hybrid that contradicts itself": (lambda: pdfs.hybrid_pdf(contradicting=True), PdfHybrid),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused_with_its_own_code(what: str, identity: SigningIdentity, picture: SealPicture) -> None:
    make, error = REFUSED[what]
    pdf = make()
    before = bytes(pdf)
    with pytest.raises(error) as refusal:
        seal_pdf(pdf, identity, picture, MIDDLE, reason="签章", at=NOW)
    assert type(refusal.value) is error
    assert pdf == before
    assert refusal.value.message


def test_codes_are_stable_and_distinct() -> None:
    codes = {error.code for error in DocumentRefused.__subclasses__()}
    assert codes == {
        *("pdf_damaged", "pdf_encrypted", "pdf_hybrid", "pdf_active", "pdf_empty", "pdf_too_large"),
        *("pdf_archival", "pdf_certified", "pdf_password_wrong", "pdf_permission_denied", "lock_invalid"),
        *(
            "certification_not_first",
            "pdf_locked",
            "page_not_found",
            "seal_off_page",
            "keyword_not_found",
            "keyword_search_failed",
        ),
        *("seam_needs_pages", "too_many_impressions"),
    }


def test_locked_by_an_approval_signature(identity: SigningIdentity, picture: SealPicture) -> None:
    """Acrobat's “lock document after signing”."""
    lock = FieldMDPSpec(FieldMDPAction.ALL)
    field = SigFieldSpec("Approval", field_mdp_spec=lock, doc_mdp_update_value=MDPPerm.NO_CHANGES)
    with pytest.raises(PdfLocked):
        seal_pdf(signed_elsewhere(identity, field), identity, picture, MIDDLE, reason="签章", at=NOW)


def test_a_lock_on_some_other_field_is_no_obstacle(
    root: Issuer, identity: SigningIdentity, picture: SealPicture
) -> None:
    lock = FieldMDPSpec(FieldMDPAction.INCLUDE, fields=["Price"])
    pdf = signed_elsewhere(identity, SigFieldSpec("Approval", field_mdp_spec=lock))
    sealed = seal_pdf(pdf, identity, picture, MIDDLE, reason="签章", at=NOW)
    reports = verify_pdf(sealed, [root.certificate], [], [], NOW)
    assert [report.problem for report in reports] == [None, None]


def test_signed_by_other_software(root: Issuer, identity: SigningIdentity, picture: SealPicture) -> None:
    sealed = seal_pdf(signed_elsewhere(identity), identity, picture, MIDDLE, reason="签章", at=NOW)
    reports = verify_pdf(sealed, [root.certificate], [], [], NOW)
    assert [report.problem for report in reports] == [None, None]


def test_too_large(identity: SigningIdentity, picture: SealPicture, page: bytes) -> None:
    with pytest.raises(PdfTooLarge) as refusal:
        seal_pdf(page, identity, picture, MIDDLE, reason="签章", at=NOW, max_bytes=len(page) - 1)
    assert refusal.value.kind is Kind.TOO_LARGE
    seal_pdf(page, identity, picture, MIDDLE, reason="签章", at=NOW, max_bytes=len(page))


@pytest.mark.parametrize("number", [3, -4, 99])
def test_no_such_page(number: int, identity: SigningIdentity, picture: SealPicture) -> None:
    with pytest.raises(PageNotFound) as refusal:
        seal_pdf(pdfs.plain_pdf(3), identity, picture, Place(number, 50, 50), reason="签章", at=NOW)
    assert "共 3 页" in refusal.value.message


@pytest.mark.parametrize("place", [(10, 100), (100, 10), (200, 100), (100, 290), (-50, -50), (1e9, 1e9)])
def test_off_the_page(
    place: tuple[float, float], identity: SigningIdentity, picture: SealPicture, page: bytes
) -> None:
    with pytest.raises(SealOffPage):
        seal_pdf(page, identity, picture, Place(0, *place), reason="签章", at=NOW)


@pytest.mark.parametrize("corner", [(20, 20), (189.9, 20), (20, 277), (189.9, 277)])
def test_touching_the_edges_is_on_the_page(
    corner: tuple[float, float], identity: SigningIdentity, picture: SealPicture, page: bytes
) -> None:
    seal_pdf(page, identity, picture, Place(0, *corner), reason="签章", at=NOW)


def test_not_a_number_is_off_the_page(identity: SigningIdentity, picture: SealPicture, page: bytes) -> None:
    with pytest.raises(SealOffPage):
        seal_pdf(page, identity, picture, Place(0, float("nan"), 50), reason="签章", at=NOW)


def test_pages_that_run_in_a_circle() -> None:
    writer = pdfs.writer_of()
    tree = writer.root["/Pages"]
    tree["/Kids"] = ArrayObject([writer.root.raw_get("/Pages")])
    with pytest.raises(PdfDamaged):
        open_sealable(pdfs.written(writer))


def test_a_page_turned_by_45_degrees() -> None:
    with pytest.raises(PdfDamaged):
        open_sealable(pdfs.plain_pdf(rotate=45)).geometry(0)


def test_inherited_boxes_and_turns_are_honoured() -> None:
    writer = pdfs.writer_of()
    page = writer.find_page_for_modification(0)[0].get_object()
    del page["/Rotate"]
    tree = writer.root["/Pages"]
    tree[pdf_name("/Rotate")] = NumberObject(-90)
    tree[pdf_name("/CropBox")] = ArrayObject(map(NumberObject, (700, 50, 10, 400)))
    geometry = open_sealable(pdfs.written(writer)).geometry(0)
    assert geometry == PageGeometry((10, 50, 595, 400), 270)


def test_user_units_scale_millimetres() -> None:
    """A plan of 2 m by 3 m in units of 10 points: the seal is still 40 mm."""
    geometry = open_sealable(pdfs.plain_pdf(user_unit=10)).geometry(0)
    left, bottom, right, top = geometry.rectangle(1000, 1000, 40, 40)
    assert (right - left) * 10 == pytest.approx(113.386, abs=0.01)
    assert (842 - (bottom + top) / 2) * 10 == pytest.approx(2834.6, abs=0.1)


def test_flipped_bits_never_crash(identity: SigningIdentity, picture: SealPicture, page: bytes) -> None:
    """Random damage is either harmless or a clear error."""
    generator = random.Random(20261123)
    for _ in range(150):
        broken = bytearray(page)
        for _ in range(generator.randint(1, 6)):
            broken[generator.randrange(len(broken))] = generator.randrange(256)
        try:
            seal_pdf(bytes(broken), identity, picture, MIDDLE, reason="签章", at=NOW)
        except DocumentRefused:
            continue


_BLANKS = b" " * (16 * 1024 * 1024)


@pytest.mark.parametrize(
    "pdf",
    [
        b"%PDF-1.7\n" + _BLANKS,
        b"%PDF-1.7\nstartxref\n1\n%%EOF" + _BLANKS,
        b"%PDF-1.7\n" + _BLANKS + b"startxref\n1\n%%EOF\n",
        b"%PDF-1.7\n" + _BLANKS + b"\nstartxref 5 %%EOF\n",
        b"%PDF-1.7\n" + _BLANKS + b"\n%%EOF\n",
    ],
    ids=["all blank", "blank after the end", "blank before it", "one line", "no startxref"],
)
def test_a_line_of_megabytes_at_the_end_costs_nothing(pdf: bytes) -> None:
    began = time.process_time()
    with pytest.raises(PdfDamaged):
        open_sealable(pdf)
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize(
    "end", [b"startxref\r\n%d\r\n%%%%EOF\r\n", b"startxref %d\n%%%%EOF", b"startxref\r%d \r%%%%EOF\r"]
)
def test_ends_that_other_software_writes_are_read(end: bytes) -> None:
    pdf = pdfs.plain_pdf()
    at = pdf.rindex(b"startxref")
    number = int(pdf[at + 9 :].split()[0])
    open_sealable(pdf[:at] + end % number)
