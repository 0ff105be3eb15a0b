"""B-B to B-LTA with proofs of our own authority, judged by pyHanko without a network and by pdfsig."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.validation import DocumentSecurityStore

from ca.documents.errors import ProofMissing, SignerNotGood, TimeStampMissing
from ca.documents.levels import Lasting, Level
from ca.documents.signing import Place, seal_in
from ca.documents.updating import as_it_was
from ca.documents.verification import Trust, verify_document
from ca.hierarchy import Authority
from ca.own_proofs import OwnProofs
from ca.seals.picture import SealPicture
from hsm import Token
from tests.ca.conftest import NOW, Clock
from tests.ca.documents.judges import pdfsig
from tests.ca.documents.lasting_world import World, an_enterprise, judged, make_ca, make_world
from tests.ca.documents.pki import Issuer

AT = Place(0, 100, 100)


@pytest.fixture(scope="module")
def world(
    authorities: tuple[Authority, Authority], session_token: Token, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    folder, clock = tmp_path_factory.mktemp("levels"), Clock(NOW)
    ca = make_ca(authorities, folder, clock)
    yield make_world(ca, session_token, clock, folder)
    ca.engine.dispose()


@pytest.mark.parametrize("level", list(Level))
def test_each_level_has_what_it_promises(
    level: Level, world: World, page: bytes, picture: SealPicture, tmp_path: Path
) -> None:
    sealed = world.sealed(page, picture, level)
    assert sealed.startswith(page)
    reader = PdfFileReader(BytesIO(sealed))
    [signature] = reader.embedded_regular_signatures
    kinds = [one["type"].native for one in signature.signer_info["unsigned_attrs"]]
    assert kinds == ["signature_time_stamp_token"] * level.is_stamped
    assert len(reader.embedded_timestamp_signatures) == (level is Level.B_LTA)
    assert "Signature is Valid" in pdfsig(tmp_path, sealed)
    if not level.is_proved:
        return
    store = DocumentSecurityStore.read_dss(reader)
    assert len(store.ocsps) == 2  # of the signer and of the stamper
    assert len(store.crls) == 1  # the root's, about the issuing CA
    assert len(store.certs) == 5  # signer, stamper, responder, issuing CA, root


@pytest.mark.parametrize("level", list(Level))
def test_our_own_report_says_the_same_level(
    level: Level, world: World, page: bytes, picture: SealPicture
) -> None:
    trust = Trust.of([world.ca.root.certificate])
    report = verify_document(world.sealed(page, picture, level), trust, world.now(minutes=5))
    (signature,) = report.signatures
    assert signature.level == level
    # With no list at hand, only what the document carries tells the certificate's state.
    assert signature.problems == (() if level.is_proved else ("revocation_unchecked",))


def test_what_lasts_is_judged_without_asking_anyone(world: World, page: bytes, picture: SealPicture) -> None:
    """The archive stamp proves since when the rest has been there."""
    sealed = world.sealed(page, picture, Level.B_LTA)
    assert judged(sealed, world, world.now(minutes=5)).ades_subindic is AdESPassed.OK


def test_another_seal_on_a_lasting_document(world: World, page: bytes, picture: SealPicture) -> None:
    once = world.sealed(page, picture, Level.B_LTA)
    twice = world.sealed(once, picture, Level.B_LTA, Place(0, 50, 50))
    assert twice.startswith(once)
    assert judged(twice, world, world.now(minutes=5)).ades_subindic is AdESPassed.OK
    assert len(DocumentSecurityStore.read_dss(PdfFileReader(BytesIO(twice))).ocsps) > 2


def test_a_document_that_others_signed_before(
    world: World, issuer: Issuer, page: bytes, picture: SealPicture
) -> None:
    """Nobody here speaks for that CA: what can be proved is, and the rest is left as it is."""
    document = BytesIO(page)
    seal_in(document, issuer.identity(), picture, Place(0, 50, 50), reason="甲", at=world.now())
    sealed = world.sealed(document.getvalue(), picture, Level.B_LT)
    assert len(DocumentSecurityStore.read_dss(PdfFileReader(BytesIO(sealed))).ocsps) == 2


def test_revoked_while_it_signed(
    world: World, session_token: Token, page: bytes, picture: SealPicture
) -> None:
    unlucky = replace(world, identity=an_enterprise(world.ca, session_token))
    unlucky.revoke(unlucky.identity.certificate)
    with pytest.raises(SignerNotGood):
        unlucky.sealed(page, picture, Level.B_LT)


def test_a_stamp_that_fails_at_the_end_leaves_nothing(
    world: World, page: bytes, picture: SealPicture
) -> None:
    answers = iter([world.stamping.stamper.answer])

    def once(request: bytes) -> bytes:
        return next(answers, _refusing)(request)

    document = BytesIO(page)
    lasting = Lasting(once, (world.proofs,))
    with pytest.raises(TimeStampMissing, match="unavailable"), as_it_was(document):
        world.seal(document, picture, Level.B_LTA, AT, lasting)
    assert document.getvalue() == page


def _refusing(request: bytes) -> bytes:
    raise OSError("unavailable")


def test_a_root_list_that_is_not_there(world: World, page: bytes, picture: SealPicture) -> None:
    def missing() -> bytes:
        raise FileNotFoundError("root.crl")

    proofs = OwnProofs(world.ca.authorities, world.responder, world.ca.root.certificate, missing)
    with pytest.raises(ProofMissing):
        world.seal(BytesIO(page), picture, Level.B_LT, AT, Lasting(world.stamping.stamper.answer, (proofs,)))


def test_a_signer_of_an_unknown_ca_cannot_be_proved(
    world: World, issuer: Issuer, page: bytes, picture: SealPicture
) -> None:
    identity = issuer.identity()
    document = BytesIO(page)
    seal_in(
        document, identity, picture, AT, reason="甲", at=world.now(), stamps=world.stamping.stamper.answer
    )
    with pytest.raises(ProofMissing):
        world.lasting.complete(document, Level.B_LT, identity.certificate)
