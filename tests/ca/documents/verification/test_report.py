"""What a report says of documents with which nothing is wrong, or little."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image

from ca.documents.levels import Level
from ca.documents.signing import Place, SigningIdentity, seal_pdf
from ca.documents.terms import Terms
from ca.documents.verification import Trust, telling, verify_document, words
from ca.documents.verification.errors import FileTooLarge, NotAPdf, PasswordNeeded, PasswordWrong
from ca.documents.verification.judging import SEVERITIES
from ca.documents.verification.model import (
    Changed,
    Coverage,
    Problem,
    Sign,
    Source,
    Standing,
    Verdict,
)
from ca.seals.objects.verification import Fault
from tests.ca.documents.pdfs import (
    CIPHERS,
    USER,
    encrypted_pdf,
    hybrid_pdf,
    locked_pdf,
    plain_pdf,
    versioned_pdf,
)
from tests.ca.documents.pki import ENTERPRISE, KEYS, NOW, Issuer
from tests.ca.documents.verification.conftest import MIDDLE, World


def test_a_good_one(world: World, sealed: bytes) -> None:
    report = world.verified(sealed)
    assert (report.verdict, report.warnings, report.pages, report.revisions) == (Verdict.VALID, (), 1, 2)
    (one,) = report.signatures
    assert (one.verdict, one.problems, one.changes) == (Verdict.VALID, (), ())
    assert one.certificate is not None
    assert one.certificate.common_name == ENTERPRISE
    assert (one.coverage, one.covered, one.page) == (Coverage.FILE, len(sealed), 1)
    assert (one.claimed_at, one.proven_at, one.level) == (NOW, None, Level.B_B)
    assert one.algorithms == ("sha256", "ecdsa")
    assert one.now is not None
    assert (one.now.standing, one.now.source) == (Standing.IN_FORCE, Source.CRL)


@pytest.mark.parametrize("kind", ["0", "90", "180", "270"])
def test_what_is_seen_of_a_signature(kind: str, world: World) -> None:
    """At its place of the page, turned as the page is: red ink of our seal, and little else."""
    (one,) = world.verified(world.sealed(plain_pdf(rotate=int(kind)))).signatures
    with Image.open(BytesIO(one.appearance)) as seen:
        colours = seen.convert("RGB").resize((40, 40)).getcolors(1600)
        assert max(seen.size) in range(238, 243)
    red = sum(count for count, (r, g, b) in colours or () if r > 150 and g < 200 and b < 200)
    assert 200 < red < 1000


@pytest.mark.parametrize("kind", KEYS)
def test_every_kind_of_key(kind: str, world: World) -> None:
    pdf = replace(world, identity=world.issuer.identity(kind)).sealed(plain_pdf())
    assert world.verified(pdf).verdict is Verdict.VALID


def test_several_signers_and_what_each_saw_come_after(world: World, sealed: bytes) -> None:
    report = world.verified(world.sealed(sealed, Place(0, 50, 50)))
    first, second = report.signatures
    assert report.verdict is Verdict.VALID
    assert (first.coverage, second.coverage) == (Coverage.REVISION, Coverage.FILE)
    assert [(one.kind, one.where) for one in first.changes] == [(Changed.SIGNATURES, (second.field,))]
    assert second.changes == ()


def test_a_document_without_signatures(world: World) -> None:
    report = world.verified(plain_pdf())
    assert (report.verdict, report.signatures) == (Verdict.UNSIGNED, ())


def test_a_ca_that_nobody_trusts_here(world: World, sealed: bytes) -> None:
    report = verify_document(sealed, Trust(), NOW)
    (one,) = report.signatures
    assert one.intact
    assert (one.problems, one.verdict) == ((Problem.ISSUER_UNTRUSTED,), Verdict.UNDETERMINED)
    assert one.now is not None
    assert one.now.standing is Standing.UNTRUSTED


def test_without_lists_revocation_is_not_checked_and_the_report_says_so(world: World, sealed: bytes) -> None:
    report = verify_document(sealed, replace(world.trust, lists=()), NOW)
    assert report.signatures[0].problems == (Problem.REVOCATION_UNCHECKED,)
    assert report.verdict is Verdict.ATTENTION


def test_an_outdated_list_is_no_list(world: World, sealed: bytes) -> None:
    stale = world.issuer.crl(at=NOW - timedelta(days=20), next_update=NOW - timedelta(days=10))
    trust = Trust.of([world.root.certificate], [world.issuer.certificate], [stale])
    (one,) = verify_document(sealed, trust, NOW).signatures
    assert (one.problems, one.verdict) == ((Problem.REVOCATION_UNKNOWN,), Verdict.UNDETERMINED)


def test_a_certificate_that_is_not_for_signing(world: World) -> None:
    other = world.issuer.issue("加密证书", world.identity.key, signing=False)
    pdf = replace(world, identity=replace(world.identity, certificate=other)).sealed(plain_pdf())
    (one,) = world.verified(pdf).signatures
    assert one.problems == (Problem.CERTIFICATE_NOT_FOR_SIGNING,)
    assert one.verdict is Verdict.INVALID


def test_files_of_which_nothing_can_be_said(world: World, sealed: bytes) -> None:
    for pdf, error in ((b"hello", NotAPdf), (b"", NotAPdf), (encrypted_pdf(), PasswordNeeded)):
        with pytest.raises(error):
            world.verified(pdf)
    with pytest.raises(FileTooLarge):
        verify_document(sealed, world.trust, NOW, max_bytes=100)


@pytest.mark.parametrize("make", [hybrid_pdf, lambda: versioned_pdf((2, 0), stream_xrefs=True)])
def test_nothing_is_suspected_of_other_kinds_of_files(make: Callable[[], bytes], world: World) -> None:
    report = world.verified(world.sealed(world.sealed(make()), Place(0, 50, 50)))
    assert (report.verdict, report.warnings) == (Verdict.VALID, ())


@pytest.mark.parametrize("cipher", CIPHERS)
def test_an_encrypted_document(cipher: str, world: World) -> None:
    pdf = world.sealed(locked_pdf(cipher, 2), terms=Terms(USER))
    pdf = world.sealed(pdf, Place(0, 50, 50), terms=Terms(USER))
    report = verify_document(pdf, world.trust, NOW, password=USER)
    assert report.verdict is Verdict.VALID, report
    assert report.signatures[0].reason == "签章"
    changed = {one.kind for one in report.signatures[0].changes}
    assert changed - {Changed.METADATA} == {Changed.SIGNATURES}  # PDF 2.0 notes the date of the update
    with pytest.raises(PasswordNeeded):
        verify_document(pdf, world.trust, NOW)
    with pytest.raises(PasswordWrong):
        verify_document(pdf, world.trust, NOW, password="another")


def test_a_report_is_json(world: World, sealed: bytes) -> None:
    told = json.loads(json.dumps(telling.to_json(world.verified(sealed))))
    assert (told["verdict"], told["message"]) == ("valid", "签名有效")
    (one,) = told["signatures"]
    assert one["claimed_at"] == NOW.isoformat().replace("+00:00", "Z")
    assert one["signer"]["common_name"] == ENTERPRISE


def test_every_code_has_words_and_every_problem_a_severity() -> None:
    assert set(words.VERDICTS) == set(words.VERDICT_NOTES) == set(Verdict)
    assert set(words.SIGNS) == set(Sign)
    assert set(words.CHANGES) == set(Changed)
    assert set(words.STANDINGS) == set(Standing)
    assert set(words.LEVELS) == set(Level)
    codes = {one.value for one in (*Problem, *Fault)}
    assert set(words.PROBLEMS) == set(SEVERITIES) == codes


def test_the_signer_of_today_claims_no_other_day(world: World) -> None:
    """A claim before the certificate began to be valid accuses itself."""
    key = KEYS["p-256"]()
    young = world.issuer.issue("新证", key, begins=NOW - timedelta(hours=1))
    identity = SigningIdentity(key, young, (world.issuer.certificate,))
    at = NOW - timedelta(days=2)
    pdf = seal_pdf(plain_pdf(), identity, world.picture, MIDDLE, reason="倒签", at=at)
    (one,) = world.verified(pdf).signatures
    assert one.problems == (Problem.CERTIFICATE_NOT_YET_VALID,)


def test_a_stranger_with_the_issuers_name_revokes_nothing(world: World, sealed: bytes) -> None:
    forged = Issuer(world.issuer.name).crl(world.identity.certificate)
    trust = Trust.of([world.root.certificate], [world.issuer.certificate], [forged, world.issuer.crl()])
    assert verify_document(sealed, trust, NOW).signatures[0].problems == ()
