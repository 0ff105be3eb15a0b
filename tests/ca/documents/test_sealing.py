"""Sealing where the key is at hand, judged by poppler, openssl and pyHanko."""

from __future__ import annotations

import shutil
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat
from pyhanko.pdf_utils.reader import PdfFileReader

from ca.documents.cms_making import sign_cms
from ca.documents.errors import TimeStampMissing
from ca.documents.forms import SEAL_PLACE, render_application_form
from ca.documents.preparing import prepare_pdf
from ca.documents.signing import Place, SigningIdentity, seal_in, seal_pdf
from ca.documents.verification import verify_pdf
from ca.errors import SigningKeyRefused
from ca.seals.picture import SealPicture
from tests.ca.documents.judges import openssl_cms, pdfsig
from tests.ca.documents.pdfs import plain_pdf
from tests.ca.documents.pki import KEYS, NOW, Issuer
from tests.ca.documents.test_forms import FORM
from tests.ca.judges import run

MIDDLE = Place(0, 105, 148)


@pytest.mark.parametrize("kind", ["rsa-2048", "p-256", "p-384"])
def test_poppler_says_valid_and_whole(
    kind: str, root: Issuer, issuer: Issuer, picture: SealPicture, page: bytes, tmp_path: Path
) -> None:
    sealed = seal_pdf(page, issuer.identity(kind), picture, MIDDLE, reason="签章", at=NOW)
    opinion = pdfsig(tmp_path, sealed, root.certificate)
    assert "Signature is Valid" in opinion
    assert "Certificate is Trusted" in opinion or not shutil.which("certutil")
    assert "Total document signed" in opinion
    assert "ETSI.CAdES.detached" in opinion


@pytest.mark.parametrize("kind", KEYS)
def test_openssl_and_pyhanko_agree(
    kind: str, root: Issuer, issuer: Issuer, picture: SealPicture, page: bytes, tmp_path: Path
) -> None:
    identity = issuer.identity(kind)
    prepared = prepare_pdf(page, identity.certificate, picture, MIDDLE, reason="签章", at=NOW)
    cms = sign_cms(identity, prepared.digest, prepared.algorithm)
    sealed = prepared.hole.fill(prepared.document, cms)
    if kind != "ed25519":  # OpenSSL 3.0 makes no CMS of Ed25519
        code, opinion = openssl_cms(tmp_path, sealed, prepared.hole, root.certificate)
        assert code == 0, opinion
    [report] = verify_pdf(sealed, [root.certificate], [], [], NOW)
    assert report.valid
    assert report.certificate == identity.certificate


def test_the_original_is_the_first_part(issuer: Issuer, picture: SealPicture, page: bytes) -> None:
    sealed = seal_pdf(page, issuer.identity(), picture, MIDDLE, reason="签章", at=NOW)
    assert sealed.startswith(page)


def test_earlier_signatures_stay_valid(
    root: Issuer, issuer: Issuer, picture: SealPicture, tmp_path: Path
) -> None:
    document = plain_pdf(3)
    for page, name in enumerate(("招标人", "招标代理", "交易中心")):
        identity = issuer.identity(name=name)
        document = seal_pdf(document, identity, picture, Place(page, 60, 60), reason=name, at=NOW)
    reports = verify_pdf(document, [root.certificate], [], [], NOW)
    assert [report.signer for report in reports] == ["CN=招标人,C=CN", "CN=招标代理,C=CN", "CN=交易中心,C=CN"]
    assert all(report.valid for report in reports)
    assert [report.covers_whole_document for report in reports] == [False, False, True]
    assert len({report.field for report in reports}) == 3
    opinion = pdfsig(tmp_path, document)
    assert opinion.count("Signature is Valid") == 3


def test_time_and_reason_are_written(issuer: Issuer, picture: SealPicture, page: bytes) -> None:
    sealed = seal_pdf(page, issuer.identity(), picture, MIDDLE, reason="投标文件签章", at=NOW)
    [signature] = PdfFileReader(BytesIO(sealed)).embedded_signatures
    assert signature.sig_object["/Reason"] == "投标文件签章"
    assert signature.self_reported_timestamp == NOW
    assert signature.sig_field["/TU"] == picture.name


def test_a_root_in_the_chain_is_not_carried(root: Issuer, issuer: Issuer) -> None:
    identity = issuer.identity()
    whole = replace(identity, chain=(issuer.certificate, root.certificate))
    assert whole.certificates == identity.certificates


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [None, (50, 100, 500, 700)])
def test_the_seal_is_where_it_was_put_upright_and_at_true_size(
    rotate: int, crop: tuple[int, ...] | None, issuer: Issuer, picture: SealPicture, tmp_path: Path
) -> None:
    """Render the page as a viewer shows it and compare with the picture, in the place asked for."""
    document = plain_pdf(crop=crop, rotate=rotate)
    place = Place(-1, 70, 45)
    sealed = seal_pdf(document, issuer.identity(), picture, place, reason="签章", at=NOW)
    shown = render(sealed, tmp_path)
    seal = Image.open(BytesIO(picture.png)).convert("RGBA")
    expected = Image.new("RGBA", shown.size, "white")
    pixel = 300 / 25.4
    corner = (round((70 - 20) * pixel), round((45 - 20) * pixel))
    expected.alpha_composite(seal, corner)
    box = (*corner, corner[0] + seal.width, corner[1] + seal.height)
    difference = ImageChops.difference(shown.crop(box), expected.convert("RGB").crop(box))
    assert (
        max(ImageStat.Stat(difference).mean) < 6
    )  # edges are smoothed differently; a shift of 1 mm gives 30


def render(pdf: bytes, folder: Path) -> Image.Image:
    (folder / "shown.pdf").write_bytes(pdf)
    run("pdftoppm", "-r", "300", "-cropbox", "-singlefile", folder / "shown.pdf", folder / "shown")
    return Image.open(folder / "shown.ppm").convert("RGB")


def test_text_below_the_seal_stays_readable(issuer: Issuer, picture: SealPicture, tmp_path: Path) -> None:
    """Grey ground under red ink is darker than either."""
    place = Place(0, 12, 297 - 12 - 9)  # over the grey patch, inside the page
    sealed = seal_pdf(plain_pdf(), issuer.identity(), picture, replace(place, x_mm=21), reason="签章", at=NOW)
    colours = {colour for _, colour in render(sealed, tmp_path).getcolors(1 << 16) or ()}
    red = 0xD7 * 0.9
    assert any(abs(c[0] - red) < 3 and c[1] < 6 for c in colours)  # type: ignore[index]


def test_the_form_is_sealed_in_its_place(
    root: Issuer, issuer: Issuer, picture: SealPicture, tmp_path: Path
) -> None:
    form = render_application_form(FORM)
    sealed = seal_pdf(form, issuer.identity(), picture, SEAL_PLACE, reason="申请", at=NOW)
    assert verify_pdf(sealed, [root.certificate], [], [], NOW)[0].valid
    assert "Signature is Valid" in pdfsig(tmp_path, sealed)


def test_a_key_of_another_certificate_is_refused(issuer: Issuer) -> None:
    with pytest.raises(SigningKeyRefused):
        SigningIdentity(KEYS["p-256"](), issuer.identity().certificate)


def test_a_file_is_sealed_in_its_place(
    root: Issuer, issuer: Issuer, picture: SealPicture, page: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "sealed.pdf"
    path.write_bytes(page)
    with path.open("r+b") as document:
        seal_in(document, issuer.identity(), picture, MIDDLE, reason="签章", at=NOW)
    sealed = path.read_bytes()
    assert sealed.startswith(page)
    assert verify_pdf(sealed, [root.certificate], [], [], NOW)[0].valid
    assert "Signature is Valid" in pdfsig(tmp_path, sealed)


def test_a_file_that_cannot_be_signed_is_as_it_was(
    issuer: Issuer, picture: SealPicture, page: bytes, tmp_path: Path
) -> None:
    """The time stamp is missing when all the rest has been written already."""
    path = tmp_path / "sealed.pdf"
    path.write_bytes(page)

    identity = issuer.identity()
    with path.open("r+b") as document, pytest.raises(TimeStampMissing):
        seal_in(document, identity, picture, MIDDLE, reason="签章", at=NOW, stamps=lambda _: b"no time stamp")
    assert path.read_bytes() == page
