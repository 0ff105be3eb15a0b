"""Encrypted documents: sealed with a known password they stay encrypted; who may not change them may not."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.crypt.permissions import StandardPermissions

from ca.documents.errors import PdfEncrypted, PdfPasswordWrong, PdfPermissionDenied
from ca.documents.keywords import find_keyword
from ca.documents.lasting import add_validation_data
from ca.documents.placing import Place, Seam
from ca.documents.reading import read_pdf
from ca.documents.sealable import open_sealable
from ca.documents.signing import seal_pdf
from ca.documents.terms import Terms
from ca.seals.picture import SealPicture
from tests.ca.documents.pdfs import CIPHERS, OWNER, USER, locked_pdf
from tests.ca.documents.pki import NOW, Issuer
from tests.ca.judges import run

_READ_ONLY = StandardPermissions.allow_everything() & ~StandardPermissions.ALLOW_ANNOTS_FORM_FILLING


def sealed(pdf: bytes, issuer: Issuer, picture: SealPicture, password: str | None) -> bytes:
    return seal_pdf(
        *(pdf, issuer.identity(), picture, [Place(0, 105, 148), Seam()]),
        reason="签章",
        at=NOW,
        terms=Terms(password),
    )


@pytest.mark.parametrize("cipher", CIPHERS)
@pytest.mark.parametrize("password", [USER, OWNER])
def test_sealed_and_still_encrypted(
    cipher: str, password: str, issuer: Issuer, picture: SealPicture, tmp_path: Path
) -> None:
    document = sealed(locked_pdf(cipher, 2), issuer, picture, password)
    path = tmp_path / "sealed.pdf"
    path.write_bytes(
        add_validation_data(document, [], [], [issuer.crl().public_bytes(Encoding.DER)], password=password)
    )
    assert "Incorrect password" in run("pdfsig", "-nocert", path)[1]
    for right in (("-upw", USER), ("-opw", OWNER)):
        assert run("pdfsig", "-nocert", *right, path)[1].count("Signature is Valid") == 3
    code, drawn = run("pdftoppm", "-r", "20", "-upw", USER, path, tmp_path / "page")
    assert (code, drawn) == (0, "")
    with pytest.raises(PdfEncrypted):
        read_pdf(path.read_bytes())
    for signature in read_pdf(path.read_bytes(), password=USER).embedded_signatures:
        signature.compute_integrity_info()
        summary = signature.summarise_integrity_info()
        assert summary["docmdp_ok"]


def test_a_password_is_needed(issuer: Issuer, picture: SealPicture) -> None:
    with pytest.raises(PdfEncrypted):
        sealed(locked_pdf("aes-256", 2), issuer, picture, None)


@pytest.mark.parametrize("cipher", CIPHERS)
@pytest.mark.parametrize("password", ["wrong", "", "密码"])
def test_a_wrong_password(cipher: str, password: str, issuer: Issuer, picture: SealPicture) -> None:
    with pytest.raises(PdfPasswordWrong) as refusal:
        sealed(locked_pdf(cipher, 2), issuer, picture, password)
    assert "wrong" not in str(refusal.value)
    assert "wrong" not in repr(Terms(password))


def test_the_owner_decides_who_may_change(issuer: Issuer, picture: SealPicture) -> None:
    document = locked_pdf("aes-256", 2, _READ_ONLY)
    with pytest.raises(PdfPermissionDenied):
        sealed(document, issuer, picture, USER)
    assert sealed(document, issuer, picture, OWNER).startswith(document)


def test_keywords_are_found_behind_a_password() -> None:
    source = open_sealable(locked_pdf("aes-128"), terms=Terms(USER))
    assert find_keyword(source, "盖章") == []
