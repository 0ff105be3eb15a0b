"""PDF 1.4 to 2.0, tables and streams of cross references, hybrid files, user units: sealed, and judged
valid."""

from __future__ import annotations

from pathlib import Path

import pytest

from ca.documents.placing import OnEveryPage, Place, Seam
from ca.documents.signing import seal_pdf
from ca.documents.verification import verify_pdf
from ca.seals.picture import SealPicture
from tests.ca.documents import pdfs
from tests.ca.documents.judges import pdfsig
from tests.ca.documents.pki import NOW, Issuer
from tests.ca.judges import run


@pytest.mark.parametrize("version", [(1, 4), (1, 5), (1, 6), (1, 7), (2, 0)])
@pytest.mark.parametrize("streams", [False, True])
def test_versions(
    version: tuple[int, int],
    streams: bool,
    root: Issuer,
    issuer: Issuer,
    picture: SealPicture,
    tmp_path: Path,
) -> None:
    document = pdfs.versioned_pdf(version, streams)
    assert document.startswith(b"%%PDF-%d.%d" % version)
    _check(document, root, issuer, picture, tmp_path)


def test_hybrid(root: Issuer, issuer: Issuer, picture: SealPicture, tmp_path: Path) -> None:
    _check(pdfs.hybrid_pdf(), root, issuer, picture, tmp_path)


@pytest.mark.parametrize("rotate", [0, 270])
def test_user_units(rotate: int, root: Issuer, issuer: Issuer, picture: SealPicture, tmp_path: Path) -> None:
    _check(pdfs.plain_pdf(2, user_unit=3, rotate=rotate), root, issuer, picture, tmp_path)


def _check(document: bytes, root: Issuer, issuer: Issuer, picture: SealPicture, folder: Path) -> None:
    """Sealed twice, at a place and on every page."""
    for places in (Place(0, 60, 60), OnEveryPage(100, 200)):
        sealed = seal_pdf(document, issuer.identity(), picture, places, reason="签章", at=NOW)
        assert sealed.startswith(document)
        document = sealed
    assert [report.problem for report in verify_pdf(document, [root.certificate], [], [], NOW)] == [None] * 2
    opinion = pdfsig(folder, document)
    assert opinion.count("Signature is Valid") == opinion.count("Signature #") >= 2
    code, drawn = run("pdftoppm", "-r", "20", folder / "judged.pdf", folder / "page")
    assert (code, drawn) == (0, "")


def test_seams_of_pages_of_many_kinds(issuer: Issuer, picture: SealPicture) -> None:
    """Each share is as wide as the next, whatever the page's unit."""
    sealed = seal_pdf(
        pdfs.plain_pdf(3, user_unit=2), issuer.identity(), picture, Seam(along_mm=100), reason="x", at=NOW
    )
    assert sealed
