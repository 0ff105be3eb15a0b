"""PAdES B-T, B-LT and B-LTA, with our own time stamps and status, judged by pyHanko, pdfsig and openssl."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.validation import DocumentSecurityStore

from ca.documents.errors import TimeStampMissing
from ca.documents.lasting import add_archive_stamp, add_validation_data
from ca.documents.levels import Level
from ca.documents.signing import Place, seal_pdf
from ca.documents.time_stamping import with_time_stamp
from ca.documents.verification import verify_pdf
from ca.seals.picture import SealPicture
from hsm import Token
from tests.ca.conftest import NOW, Clock, SmallCa
from tests.ca.documents.judges import pdfsig
from tests.ca.documents.lasting_world import World, judged, make_world

PLACE = Place(0, 100, 100)


@pytest.fixture
def world(small_ca: SmallCa, session_token: Token, clock: Clock, tmp_path: Path) -> World:
    return make_world(small_ca, session_token, clock, tmp_path)


def test_a_seal_with_a_time_stamp_says_when(
    world: World, page: bytes, picture: SealPicture, tmp_path: Path
) -> None:
    pdf = world.sealed(page, picture, Level.B_T)
    (embedded,) = PdfFileReader(BytesIO(pdf)).embedded_signatures
    info = _stamp_in(embedded.pkcs7_content)
    assert abs(info["gen_time"].native - NOW) < timedelta(seconds=2)
    (report,) = verify_pdf(
        pdf, [world.ca.root.certificate], world.authorities, [], NOW + timedelta(minutes=1)
    )
    assert report.valid
    assert "Signature is Valid" in pdfsig(tmp_path, pdf)


def test_validation_data_and_an_archive_stamp_make_it_last(
    world: World, page: bytes, picture: SealPicture, tmp_path: Path
) -> None:
    pdf = world.sealed(page, picture, Level.B_T)
    stamper = [one for _, one in world.stamping.own.all()]
    kept = add_validation_data(pdf, _der(*world.authorities, *stamper), [], _der(*world.lists))
    assert kept.startswith(pdf)
    store = DocumentSecurityStore.read_dss(PdfFileReader(BytesIO(kept)))
    assert len(store.crls) == 2
    archived = add_archive_stamp(kept, world.stamping.stamper.answer)
    assert archived.startswith(kept)
    assert "document timestamp" in pdfsig(tmp_path, archived).lower() or archived.count(b"/DocTimeStamp")
    opinion = judged(archived, world, NOW + timedelta(minutes=5))
    assert opinion.ades_subindic is AdESPassed.OK
    assert opinion.oldest_evidence_record_timestamp is not None
    # Once more, over the first stamp: the way on before that one's certificate ends.
    again = add_archive_stamp(archived, world.stamping.stamper.answer)
    assert judged(again, world, NOW + timedelta(minutes=5)).ades_subindic is AdESPassed.OK


def test_a_lasting_document_can_be_sealed_again(world: World, page: bytes, picture: SealPicture) -> None:
    pdf = world.sealed(page, picture, Level.B_T)
    pdf = add_validation_data(pdf, _der(*world.authorities), [], _der(*world.lists))
    pdf = add_archive_stamp(pdf, world.stamping.stamper.answer)
    twice = seal_pdf(pdf, world.identity, picture, Place(0, 50, 50), reason="再签", at=NOW)
    reports = verify_pdf(
        twice, [world.ca.root.certificate], world.authorities, [], NOW + timedelta(minutes=1)
    )
    assert [one.valid for one in reports] == [True, True]


def test_without_a_stamp_there_is_no_seal_that_claims_one(
    world: World, page: bytes, picture: SealPicture
) -> None:
    def refused(request: bytes) -> bytes:
        raise OSError("no route to the authority")

    with pytest.raises(TimeStampMissing):
        seal_pdf(page, world.identity, picture, PLACE, reason="签章", at=NOW, stamps=refused)
    with pytest.raises(TimeStampMissing):
        add_archive_stamp(page, refused)
    with pytest.raises(TimeStampMissing):
        add_archive_stamp(page, lambda _: b"no answer")


def test_a_stamp_over_something_else_is_not_taken(world: World, page: bytes, picture: SealPicture) -> None:
    answer = world.stamping.stamper.answer
    asked: list[bytes] = []

    def elsewhere(request: bytes) -> bytes:
        changed = bytearray(request)
        at = request.index(bytes.fromhex("0420")) + 2  # the digest
        changed[at] ^= 1
        asked.append(request)
        return answer(bytes(changed))

    with pytest.raises(TimeStampMissing):
        seal_pdf(page, world.identity, picture, PLACE, reason="签章", at=NOW, stamps=elsewhere)
    assert asked


def test_the_time_stamp_is_over_the_signature_value(world: World, page: bytes, picture: SealPicture) -> None:
    pdf = seal_pdf(page, world.identity, picture, PLACE, reason="签章", at=NOW)
    (embedded,) = PdfFileReader(BytesIO(pdf)).embedded_signatures
    bare = cms.ContentInfo.load(embedded.pkcs7_content).dump()  # without the rest of the hole
    stamped = with_time_stamp(bare, world.stamping.stamper.answer)
    (signer,) = cms.ContentInfo.load(stamped)["content"]["signer_infos"]
    expected = hashlib.sha256(signer["signature"].native).digest()
    assert _stamp_in(stamped)["message_imprint"]["hashed_message"].native == expected


def _stamp_in(signature: bytes):  # type: ignore[no-untyped-def]
    """The TSTInfo in a CMS."""
    (signer,) = cms.ContentInfo.load(signature)["content"]["signer_infos"]
    (attribute,) = signer["unsigned_attrs"]
    return attribute["values"][0]["content"]["encap_content_info"]["content"].parsed


def _der(*signed: x509.Certificate | x509.CertificateRevocationList) -> list[bytes]:
    return [one.public_bytes(Encoding.DER) for one in signed]
