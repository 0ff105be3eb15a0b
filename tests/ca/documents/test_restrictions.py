"""Certification and locks: said by our seals, and honoured where others said them."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm, SigFieldSpec

from ca.documents.errors import CertificationNotFirst, DocumentRefused, LockRefused, PdfCertified, PdfLocked
from ca.documents.placing import Edge, Place, Seam
from ca.documents.signing import SigningIdentity, seal_pdf
from ca.documents.terms import Changes, Lock, LockKind, Terms
from ca.documents.verification import verify_pdf
from ca.seals.picture import SealPicture
from tests.ca.documents import pdfs
from tests.ca.documents.judges import pdfsig
from tests.ca.documents.pki import NOW, Issuer
from tests.ca.documents.test_bad_input import signed_elsewhere


@pytest.fixture(scope="module")
def author(issuer: Issuer) -> SigningIdentity:
    return issuer.identity(name="作者")


@pytest.fixture(scope="module")
def second(issuer: Issuer) -> SigningIdentity:
    return issuer.identity(name="乙方")


def seal(pdf: bytes, identity: SigningIdentity, picture: SealPicture, terms: Terms | None = None) -> bytes:
    places = [Place(-1, 60, 60), Seam(Edge.LEFT)]
    return seal_pdf(pdf, identity, picture, places, reason="签章", at=NOW, terms=terms or Terms())


@pytest.mark.parametrize("level", list(Changes))
def test_the_author_certifies(
    level: Changes, author: SigningIdentity, root: Issuer, picture: SealPicture, tmp_path: Path
) -> None:
    certified = seal(pdfs.plain_pdf(2), author, picture, Terms(certify=level))
    reader = PdfFileReader(BytesIO(certified))
    signature = reader.embedded_signatures[0]
    assert signature.docmdp_level == MDPPerm(level.value)
    assert reader.root["/Perms"].raw_get("/DocMDP") == signature.sig_field.raw_get("/V")
    assert all(report.valid for report in verify_pdf(certified, [root.certificate], [], [], NOW))
    assert pdfsig(tmp_path, certified).count("Signature is Valid") == 3


@pytest.mark.parametrize("level", [Changes.FORMS, Changes.NOTES])
def test_others_seal_what_was_certified_with_their_seals_to_come(
    level: Changes, author: SigningIdentity, second: SigningIdentity, root: Issuer, picture: SealPicture
) -> None:
    document = seal(pdfs.plain_pdf(2), author, picture, Terms(certify=level))
    document = seal(document, second, picture)
    reports = verify_pdf(document, [root.certificate], [], [], NOW)
    assert [report.problem for report in reports] == [None] * len(reports)
    assert {report.signer for report in reports} == {"CN=作者,C=CN", "CN=乙方,C=CN"}


@pytest.mark.parametrize("made_by_us", [True, False])
def test_nobody_seals_what_must_not_change(
    made_by_us: bool, author: SigningIdentity, second: SigningIdentity, picture: SealPicture
) -> None:
    if made_by_us:
        document = seal(pdfs.plain_pdf(2), author, picture, Terms(certify=Changes.NONE))
    else:
        document = signed_elsewhere(author, certify=True, docmdp_permissions=MDPPerm.NO_CHANGES)
    with pytest.raises(PdfCertified) as refusal:
        seal(document, second, picture)
    assert refusal.value.code == "pdf_certified"


def test_certified_by_other_software(
    author: SigningIdentity, second: SigningIdentity, root: Issuer, picture: SealPicture
) -> None:
    document = signed_elsewhere(author, certify=True, docmdp_permissions=MDPPerm.FILL_FORMS)
    document = seal_pdf(document, second, picture, Place(0, 60, 60), reason="签章", at=NOW)
    reports = verify_pdf(document, [root.certificate], [], [], NOW)
    assert [report.problem for report in reports] == [None, None]


def test_who_certifies_is_first(
    author: SigningIdentity, second: SigningIdentity, picture: SealPicture
) -> None:
    document = seal(pdfs.plain_pdf(2), second, picture)
    with pytest.raises(CertificationNotFirst):
        seal(document, author, picture, Terms(certify=Changes.FORMS))


@pytest.mark.parametrize(
    ("lock", "later"),
    [
        (Lock(LockKind.ALL), PdfLocked),
        (Lock(LockKind.EXCLUDE, ("备注",)), PdfLocked),
        (Lock(LockKind.INCLUDE, ("报价", "工期")), None),
    ],
)
def test_a_lock_holds_for_later_seals(
    lock: Lock,
    later: type[DocumentRefused] | None,
    author: SigningIdentity,
    second: SigningIdentity,
    root: Issuer,
    picture: SealPicture,
) -> None:
    document = seal(pdfs.plain_pdf(2), author, picture, Terms(lock=lock))
    signature = PdfFileReader(BytesIO(document)).embedded_signatures[0]
    assert signature.fieldmdp.action.value == f"/{lock.kind.value.title()}"
    assert tuple(signature.fieldmdp.fields or ()) == lock.fields
    if later is not None:
        with pytest.raises(later):
            seal(document, second, picture)
        return
    reports = verify_pdf(seal(document, second, picture), [root.certificate], [], [], NOW)
    assert [report.problem for report in reports] == [None] * len(reports)


@pytest.mark.parametrize(("kind", "fields"), [(LockKind.ALL, ("a",)), (LockKind.INCLUDE, ())])
def test_a_lock_says_what_it_locks(kind: LockKind, fields: tuple[str, ...]) -> None:
    with pytest.raises(LockRefused):
        Lock(kind, fields)


@pytest.mark.parametrize("action", [FieldMDPAction.ALL, FieldMDPAction.EXCLUDE])
def test_locks_of_other_software(
    action: FieldMDPAction, author: SigningIdentity, second: SigningIdentity, picture: SealPicture
) -> None:
    fields = None if action is FieldMDPAction.ALL else ["备注"]
    field = SigFieldSpec("Approval", field_mdp_spec=FieldMDPSpec(action, fields=fields))
    with pytest.raises(PdfLocked):
        seal_pdf(signed_elsewhere(author, field), second, picture, Place(0, 60, 60), reason="签章", at=NOW)
