"""The electronic seal travels in the signature, and nobody minds it but who looks for it."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import cms as asn1
from cryptography.hazmat.primitives import hashes
from pyhanko.pdf_utils.reader import PdfFileReader

from ca import der
from ca.documents.cms_checking import check_cms
from ca.documents.cms_making import sign_cms
from ca.documents.hole import Hole
from ca.documents.preparing import prepare_pdf
from ca.documents.seal_attribute import SEAL_OID, seal_of
from ca.documents.signing import Place, seal_pdf
from ca.documents.verification import verify_pdf
from ca.errors import SignatureMismatch
from ca.seals.picture import SealPicture
from tests.ca.documents.judges import openssl_cms, pdfsig
from tests.ca.documents.pdfs import plain_pdf
from tests.ca.documents.pki import KEYS, NOW, Issuer

MIDDLE = Place(0, 105, 148)
# As large as a seal with a PNG inside; what its octets mean is not this attribute's affair.
SEAL = der.sequence(der.integer(4), der.octets(bytes(range(256)) * 160))


@pytest.mark.parametrize("kind", KEYS)
def test_judges_accept_a_signature_with_a_seal(
    kind: str, root: Issuer, issuer: Issuer, picture: SealPicture, page: bytes, tmp_path: Path
) -> None:
    sealed = seal_pdf(page, issuer.identity(kind), picture, MIDDLE, reason="签章", at=NOW, seal=SEAL)
    [embedded] = PdfFileReader(BytesIO(sealed)).embedded_signatures
    assert seal_of(embedded.signer_info) == SEAL
    [report] = verify_pdf(sealed, [root.certificate], [], [], NOW)
    assert report.valid
    if kind == "ed25519":  # NSS and OpenSSL 3.0 make nothing of Ed25519 in a CMS
        return
    assert "Signature is Valid" in pdfsig(tmp_path, sealed)
    start, before, end, _ = embedded.byte_range
    code, opinion = openssl_cms(tmp_path, sealed, Hole(start + before, end), root.certificate)
    assert code == 0, opinion


def test_without_a_seal_there_is_none(issuer: Issuer, picture: SealPicture, page: bytes) -> None:
    sealed = seal_pdf(page, issuer.identity(), picture, MIDDLE, reason="签章", at=NOW)
    [embedded] = PdfFileReader(BytesIO(sealed)).embedded_signatures
    assert seal_of(embedded.signer_info) is None


def test_a_seal_cannot_be_exchanged(issuer: Issuer, picture: SealPicture) -> None:
    identity = issuer.identity()
    prepared = prepare_pdf(plain_pdf(), identity.certificate, picture, MIDDLE, reason="签章", at=NOW)
    made = sign_cms(identity, prepared.digest, prepared.algorithm, SEAL)
    assert check_cms(prepared.document, made) == identity.certificate
    assert made.count(SEAL) == 1
    with pytest.raises(SignatureMismatch, match="does not verify"):
        check_cms(prepared.document, made.replace(SEAL, SEAL[:-1] + b"\0"))


@pytest.mark.parametrize("broken", [b"", b"\x30\x03\x02\x01", der.integer(4), SEAL + SEAL])
def test_what_is_no_seal_is_not_signed(broken: bytes, issuer: Issuer) -> None:
    with pytest.raises(der.Malformed):
        sign_cms(issuer.identity(), bytes(32), hashes.SHA256(), broken)


def test_of_two_seals_none_counts() -> None:
    twice = asn1.CMSAttribute.load(
        der.sequence(der.identifier(SEAL_OID), der.element(0x31, SEAL + der.sequence(der.integer(5))))
    )
    assert len(twice["values"]) == 2
    assert seal_of({"signed_attrs": [twice]}) is None
