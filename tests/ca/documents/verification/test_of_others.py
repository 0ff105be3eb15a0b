"""Signatures that others made: certifications and locks, weak digests, SM2, half covered files."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import (
    FieldMDPAction,
    FieldMDPSpec,
    MDPPerm,
    SigFieldSpec,
    append_signature_field,
)

from ca.documents.verification import Trust, verify_document
from ca.documents.verification.model import Changed, Problem, Sign, SignatureReport, Standing, Verdict
from tests.ca.documents.pdfs import plain_pdf, scribbled, written
from tests.ca.documents.pki import Issuer
from tests.ca.documents.verification import attacks, elsewhere
from tests.ca.documents.verification.conftest import World


def first(world: World, pdf: bytes) -> SignatureReport:
    return world.verified(pdf).signatures[0]


def certified(world: World, permission: MDPPerm, pdf: bytes | None = None) -> bytes:
    form = elsewhere.with_text_field(pdf or plain_pdf())
    return elsewhere.signed(world.identity, form, certify=True, docmdp_permissions=permission)


@pytest.mark.parametrize("permission", list(MDPPerm))
def test_a_certification_is_told(permission: MDPPerm, world: World) -> None:
    one = first(world, certified(world, permission))
    assert (one.certification, one.problems, one.verdict) == (permission.value, (), Verdict.VALID)


@pytest.mark.parametrize("permission", list(MDPPerm))
def test_what_a_certification_allows(permission: MDPPerm, world: World) -> None:
    """Filling in from level 2, notes from level 3, a page's content never."""
    pdf = certified(world, permission)
    outcomes = {
        "fill": first(world, elsewhere.filled(pdf, "900")).problems,
        "note": first(world, elsewhere.annotated(pdf)).problems,
        "page": first(world, scribbled(pdf)).problems,
    }
    violated = (Problem.CERTIFICATION_VIOLATED,)
    assert outcomes == {
        "fill": (Problem.FORM_FILLED_SINCE,) if permission >= MDPPerm.FILL_FORMS else violated,
        "note": (Problem.ANNOTATED_SINCE,) if permission is MDPPerm.ANNOTATE else violated,
        "page": violated,
    }


def test_the_evil_annotation_is_never_plainly_valid(world: World) -> None:
    """EAA: where notes are allowed, one hides the content and shows other. No signature tells; we do."""
    report = world.verified(elsewhere.annotated(certified(world, MDPPerm.ANNOTATE)))
    assert report.verdict is Verdict.ATTENTION
    changes = {(one.kind, one.where) for one in report.signatures[0].changes}
    assert (Changed.ANNOTATIONS, ("1",)) in changes


def test_a_note_that_carries_another_content_is_no_note(world: World) -> None:
    """A note is added, and in the same update the page's content overwritten."""
    pdf = elsewhere.annotated(scribbled(certified(world, MDPPerm.ANNOTATE)))
    assert first(world, pdf).problems == (Problem.CERTIFICATION_VIOLATED,)


def test_the_sneaky_signature(world: World) -> None:
    """SSA: a further signature, whose look covers what was certified, by somebody nobody knows."""
    pdf = certified(world, MDPPerm.FILL_FORMS)
    stranger = Issuer("无人知晓的 CA").identity()
    field = SigFieldSpec("Sneaky", box=(0, 0, 595, 842))
    report = world.verified(elsewhere.signed(stranger, pdf, field))
    assert report.verdict in (Verdict.INVALID, Verdict.UNDETERMINED)
    assert Changed.SIGNATURES in {one.kind for one in report.signatures[0].changes}


def test_a_field_for_a_signature_is_there_before(world: World) -> None:
    """The honest way: the certifier leaves an empty field, the other signs in it."""
    writer = IncrementalPdfFileWriter(BytesIO(plain_pdf()))
    append_signature_field(writer, SigFieldSpec("Second", box=(50, 50, 200, 100)))
    pdf = elsewhere.signed(
        world.identity,
        written(writer),
        SigFieldSpec("First"),
        certify=True,
        docmdp_permissions=MDPPerm.FILL_FORMS,
    )
    again = elsewhere.signed(world.identity, pdf, SigFieldSpec("Second"))
    report = world.verified(again)
    assert report.verdict is Verdict.VALID, report.signatures
    assert report.signatures[0].certification == 2


def test_a_locked_field(world: World) -> None:
    lock = FieldMDPSpec(FieldMDPAction.INCLUDE, fields=["Price"])
    field = SigFieldSpec("Approval", field_mdp_spec=lock)
    pdf = elsewhere.signed(world.identity, elsewhere.with_text_field(plain_pdf()), field)
    assert first(world, pdf).problems == ()
    one = first(world, elsewhere.filled(pdf, "900"))
    assert (one.problems, one.verdict) == ((Problem.LOCK_VIOLATED,), Verdict.INVALID)
    assert (Changed.FIELDS_FILLED, ("Price",)) in {(change.kind, change.where) for change in one.changes}


def test_a_field_filled_after_an_approval(world: World) -> None:
    """Allowed (12.8.2.2), and a reader must know: the value that was signed was another."""
    pdf = elsewhere.signed(world.identity, elsewhere.with_text_field(plain_pdf()))
    one = first(world, elsewhere.filled(pdf, "900"))
    assert (one.problems, one.verdict) == ((Problem.FORM_FILLED_SINCE,), Verdict.ATTENTION)


def test_a_note_after_an_approval(world: World, sealed: bytes) -> None:
    one = first(world, elsewhere.annotated(sealed))
    assert (one.problems, one.verdict) == ((Problem.MODIFIED_SINCE,), Verdict.INVALID)
    assert [change.kind for change in one.changes] == [Changed.ANNOTATIONS]


@pytest.mark.parametrize("digest", ["sha1", "md5"])
def test_a_weak_digest(digest: str, world: World) -> None:
    identity = world.issuer.identity("rsa-2048")
    hand = elsewhere.rsa_hand(identity, digest)
    one = first(world, elsewhere.by_hand(plain_pdf(), identity, world.picture, hand))
    assert one.intact is False or Problem.ALGORITHM_WEAK in one.problems
    assert (one.problems, one.verdict) == ((Problem.ALGORITHM_WEAK,), Verdict.UNDETERMINED)
    assert one.level is None  # not even B-B: nothing names the certificate


def test_a_short_key(world: World) -> None:
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65537, 1024)
    certificate = world.issuer.issue("短密钥", key)
    identity = replace(world.identity, key=key, certificate=certificate)
    hand = elsewhere.rsa_hand(identity, "sha256")
    one = first(world, elsewhere.by_hand(plain_pdf(), world.identity, world.picture, hand))
    assert Problem.ALGORITHM_WEAK in one.problems


def test_a_signature_over_half_the_file(world: World) -> None:
    """Well made in everything but its range, which ends before the file's own index."""
    identity = world.issuer.identity("rsa-2048")
    hand = elsewhere.rsa_hand(identity, "sha256")
    one = first(world, elsewhere.by_hand(plain_pdf(), identity, world.picture, hand, cut=300))
    assert (one.problems, one.verdict) == ((Problem.COVERAGE_UNCLEAR,), Verdict.INVALID)


@pytest.fixture(scope="module")
def sm2(tmp_path_factory: pytest.TempPathFactory) -> elsewhere.Sm2Ca:
    return elsewhere.Sm2Ca.make(tmp_path_factory.mktemp("sm2"))


def test_sm2_signatures_of_another_ca(sm2: elsewhere.Sm2Ca, world: World) -> None:
    at = datetime.now(UTC) + timedelta(minutes=1)  # openssl's certificates begin now
    pdf = elsewhere.by_hand(plain_pdf(), world.identity, world.picture, sm2.hand, at=at)
    (one,) = verify_document(pdf, Trust(roots=(sm2.root,)), at).signatures
    assert (one.intact, one.algorithms) == (True, ("sm3", "sm2")), one
    assert one.problems == (Problem.REVOCATION_UNCHECKED,)
    assert one.certificate is not None
    assert one.certificate.organisation == "SM2 Company"
    stranger = first(world, pdf)
    assert (stranger.intact, stranger.problems) == (True, (Problem.ISSUER_UNTRUSTED,))
    assert stranger.now is not None
    assert stranger.now.standing is Standing.UNTRUSTED
    tampered = verify_document(attacks.tampered(pdf), Trust(roots=(sm2.root,)), at).signatures[0]
    assert Problem.DIGEST_DIFFERS in tampered.problems
    broken = replace(sm2.hand, sign=lambda data: sm2.sign(data + b"!"))
    pdf = elsewhere.by_hand(plain_pdf(), world.identity, world.picture, broken)
    assert Problem.SIGNATURE_BROKEN in first(world, pdf).problems


def test_an_unsigned_picture_of_a_seal_is_no_signature(world: World) -> None:
    writer = IncrementalPdfFileWriter(BytesIO(plain_pdf()))
    from pyhanko.pdf_utils.images import PdfImage

    import_image = PdfImage(_image(world.picture.png), writer=writer)
    page = writer.find_page_for_modification(0)[0].get_object()
    from pyhanko.pdf_utils.generic import DictionaryObject, StreamObject, pdf_name

    resources = DictionaryObject({pdf_name("/Im"): import_image.image_ref})
    page[pdf_name("/Resources")] = DictionaryObject({pdf_name("/XObject"): resources})
    content = StreamObject(stream_data=b"q 113 0 0 113 200 300 cm /Im Do Q")
    page[pdf_name("/Contents")] = writer.add_object(content)
    writer.update_container(page)
    report = world.verified(written(writer))
    assert (report.verdict, report.signatures) == (Verdict.UNSIGNED, ())


def _image(png: bytes):  # type: ignore[no-untyped-def]
    from PIL import Image

    return Image.open(BytesIO(png)).convert("RGBA").convert("RGB")


def test_a_signature_in_no_field_is_not_believed(world: World, sealed: bytes) -> None:
    """The form is emptied: readers that search the file for signatures would still find one."""
    writer = IncrementalPdfFileWriter(BytesIO(sealed))
    del writer.root["/AcroForm"]
    writer.update_root()
    report = world.verified(written(writer))
    assert report.verdict is Verdict.UNSIGNED
    assert Sign.SIGNATURE_OUTSIDE_FORM in {one.sign for one in report.warnings}
