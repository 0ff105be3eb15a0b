"""What a report says when something is wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ca.documents.errors import PdfDamaged, PdfEncrypted, PdfTooLarge
from ca.documents.signing import Place, SigningIdentity, seal_pdf
from ca.documents.verification import SignatureReport, verify_pdf
from ca.seals.picture import SealPicture
from tests.ca.documents.pdfs import encrypted_pdf, plain_pdf, scribbled
from tests.ca.documents.pki import ENTERPRISE, KEYS, NOW, Issuer

MIDDLE = Place(0, 105, 148)


@pytest.fixture(scope="module")
def identity(issuer: Issuer) -> SigningIdentity:
    return issuer.identity()


@pytest.fixture(scope="module")
def sealed(identity: SigningIdentity, picture: SealPicture) -> bytes:
    return seal_pdf(plain_pdf(), identity, picture, MIDDLE, reason="签章", at=NOW)


def only(reports: list[SignatureReport]) -> SignatureReport:
    [report] = reports
    return report


def test_a_good_one(root: Issuer, issuer: Issuer, identity: SigningIdentity, sealed: bytes) -> None:
    report = only(verify_pdf(sealed, [root.certificate], [issuer.certificate], [issuer.crl()], NOW))
    assert report == SignatureReport(
        field=report.field,
        certificate=identity.certificate,
        covers_whole_document=True,
        modified_since=False,
        intact=True,
        trusted=True,
        revocation_checked=True,
        problem=None,
        signed_at=NOW,
    )
    assert report.signer == f"CN={ENTERPRISE},C=CN"


def test_no_signature_no_report(root: Issuer) -> None:
    assert verify_pdf(plain_pdf(), [root.certificate], [], [], NOW) == []


def test_the_given_roots_are_the_only_trust(sealed: bytes) -> None:
    for roots in ([], [Issuer("别的根").certificate]):
        report = only(verify_pdf(sealed, roots, [], [], NOW))
        assert (report.intact, report.trusted, report.problem) == (True, False, "issuer_untrusted")


def test_a_changed_byte(root: Issuer, sealed: bytes) -> None:
    changed = sealed.replace(b"30 30 re f", b"30 31 re f", 1)
    assert changed != sealed
    report = only(verify_pdf(changed, [root.certificate], [], [], NOW))
    assert (report.intact, report.trusted, report.problem) == (False, False, "signature_broken")


def test_a_page_changed_afterwards(root: Issuer, sealed: bytes) -> None:
    report = only(verify_pdf(scribbled(sealed), [root.certificate], [], [], NOW))
    assert report.intact
    assert (report.covers_whole_document, report.modified_since) == (False, True)
    assert report.problem == "modified_since"
    assert not report.valid


@pytest.mark.parametrize(
    ("shift", "problem"),
    [(timedelta(hours=3), "certificate_expired"), (timedelta(hours=-3), "certificate_not_yet_valid")],
)
def test_outside_its_validity(shift: timedelta, problem: str, picture: SealPicture) -> None:
    root = Issuer("长命根")
    key = KEYS["p-256"]()
    short = root.issue("短命", key, begins=NOW - timedelta(hours=1), ends=NOW + timedelta(hours=1))
    sealed = seal_pdf(plain_pdf(), SigningIdentity(key, short), picture, MIDDLE, reason="签章", at=NOW)
    report = only(verify_pdf(sealed, [root.certificate], [], [], NOW + shift))
    assert (report.intact, report.trusted, report.problem) == (True, False, problem)


def test_a_revoked_signer(root: Issuer, issuer: Issuer, identity: SigningIdentity, sealed: bytes) -> None:
    crl = issuer.crl(identity.certificate)
    report = only(verify_pdf(sealed, [root.certificate], [], [crl], NOW))
    assert (report.intact, report.trusted, report.problem) == (True, False, "certificate_revoked")


def test_a_revoked_issuing_ca(root: Issuer, issuer: Issuer, sealed: bytes) -> None:
    crls = [issuer.crl(), root.crl(issuer.certificate)]
    report = only(verify_pdf(sealed, [root.certificate], [issuer.certificate], crls, NOW))
    assert (report.intact, report.trusted, report.problem) == (True, False, "issuer_revoked")


def test_an_outdated_list_does_not_count(root: Issuer, issuer: Issuer, sealed: bytes) -> None:
    stale = issuer.crl(at=NOW - timedelta(days=20), next_update=NOW - timedelta(days=10))
    report = only(verify_pdf(sealed, [root.certificate], [], [stale], NOW))
    assert (report.trusted, report.problem) == (False, "revocation_unknown")


def test_a_list_by_a_stranger_with_the_issuers_name(root: Issuer, issuer: Issuer, sealed: bytes) -> None:
    forged = Issuer(issuer.name).crl()
    report = only(verify_pdf(sealed, [root.certificate], [], [forged], NOW))
    assert (report.trusted, report.problem) == (False, "certificate_untrusted")


def test_a_list_of_another_ca_says_nothing(root: Issuer, sealed: bytes) -> None:
    report = only(verify_pdf(sealed, [root.certificate], [], [Issuer("别的 CA").crl()], NOW))
    assert report.valid
    assert not report.revocation_checked


def test_a_certificate_that_is_not_for_signing(
    root: Issuer, issuer: Issuer, identity: SigningIdentity, picture: SealPicture
) -> None:
    other = issuer.issue("加密证书", identity.key, signing=False)
    misused = replace(identity, certificate=other)
    sealed = seal_pdf(plain_pdf(), misused, picture, MIDDLE, reason="签章", at=NOW)
    report = only(verify_pdf(sealed, [root.certificate], [], [], NOW))
    assert (report.intact, report.trusted, report.problem) == (True, False, "certificate_not_for_signing")


def test_an_unreadable_signature_hides_no_other(
    root: Issuer, issuer: Issuer, sealed: bytes, picture: SealPicture
) -> None:
    twice = seal_pdf(sealed, issuer.identity("p-384"), picture, Place(0, 60, 60), reason="签章", at=NOW)
    at = twice.rindex(b"/Contents <") + len(b"/Contents <")
    broken = twice[:at] + b"00" + twice[at + 2 :]
    reports = verify_pdf(broken, [root.certificate], [], [], NOW)
    assert sorted(report.problem or "" for report in reports) == ["", "unreadable"]
    unreadable = next(report for report in reports if report.problem)
    assert unreadable.signer == ""


def test_what_cannot_be_read_at_all(root: Issuer, sealed: bytes) -> None:
    for pdf, error in ((b"hello", PdfDamaged), (encrypted_pdf(), PdfEncrypted)):
        with pytest.raises(error):
            verify_pdf(pdf, [root.certificate], [], [], NOW)
    with pytest.raises(PdfTooLarge):
        verify_pdf(sealed, [root.certificate], [], [], NOW, max_bytes=100)


def test_two_trusts_in_one_document(root: Issuer, issuer: Issuer, picture: SealPicture) -> None:
    """A form sealed by a lock of a legacy CA, then by one of ours."""
    legacy = Issuer("老牌 CA")
    form = seal_pdf(plain_pdf(), legacy.identity("rsa-2048"), picture, MIDDLE, reason="申请", at=NOW)
    form = seal_pdf(form, issuer.identity(), picture, Place(0, 60, 60), reason="受理", at=NOW)
    crls = [legacy.crl(), issuer.crl()]
    reports = verify_pdf(form, [legacy.certificate, root.certificate], [issuer.certificate], crls, NOW)
    assert [report.valid for report in reports] == [True, True]
    reports = verify_pdf(form, [root.certificate], [issuer.certificate], crls, NOW)
    assert [report.problem for report in reports] == ["issuer_untrusted", None]
