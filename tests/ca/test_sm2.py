"""SM2 from end to end: certificates, seals, files, PDFs and OFD documents signed by keys in a token."""

from __future__ import annotations

import secrets
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca.documents.cms_making import SigningIdentity
from ca.documents.detached.digests import digest_of
from ca.documents.detached.making import sign_digest
from ca.documents.detached.verification import verify_detached
from ca.documents.placing import Place
from ca.documents.signing import seal_pdf
from ca.documents.verification import verify_document
from ca.documents.verification.trust import Trust
from ca.ofd.package import Package
from ca.ofd.signing import seal_package
from ca.ofd.verification import verify_package
from ca.seals.objects.making import make_seal
from ca.seals.objects.model import Picture, SealObject, SealOrder, SealType
from ca.seals.picture import SealDesign, SealKind, draw_seal
from ca.sm2_certificates import certified, request
from hsm import Sm2Keys, Token, TokenSm2Key
from hsm.sm2.curve import USER_ID
from tests.ca.documents.pdfs import plain_pdf
from tests.ca.documents.pki import NOW, Issuer, _name
from tests.ca.judges import run
from tests.ca.ofd.packages import files, packed, unpacked

FILE = "投标文件".encode() * 1000
DISTID = f"distid:{USER_ID.decode()}"


@pytest.fixture(scope="module")
def keys(sm2_token: Token) -> Sm2Keys:
    return Sm2Keys(sm2_token)


class Sm2Ca:
    """A root by an SM2 key in the token, and what it issues."""

    def __init__(self, keys: Sm2Keys) -> None:
        self._keys = keys
        self.key = self.made("root")
        # Built as certificates always are, under software keys that leave no trace in the result.
        self._pattern = Issuer("国密测试根")
        self.certificate = certified(self._pattern.certificate, self.key, self.key.public_key())

    def made(self, name: str) -> TokenSm2Key:
        return self._keys.generate(f"{name}-{secrets.token_hex(4)}")

    def identity(self, name: str) -> SigningIdentity:
        key = self.made(name)
        pattern = self._pattern.issue(name, self._pattern.key)
        return SigningIdentity(key, certified(pattern, self.key, key.public_key()), (self.certificate,))

    @property
    def trust(self) -> Trust:
        return Trust.of([self.certificate])


@pytest.fixture(scope="module")
def ca(keys: Sm2Keys) -> Sm2Ca:
    return Sm2Ca(keys)


@pytest.fixture(scope="module")
def holder(ca: Sm2Ca) -> SigningIdentity:
    return ca.identity("某某建设")


@pytest.fixture(scope="module")
def seal(ca: Sm2Ca, holder: SigningIdentity) -> SealObject:
    maker = ca.identity("制章者")
    order = SealOrder(
        id="37132500000001",
        vendor="SealBridge",
        type=SealType.UNIT,
        name="某某建设公章",
        holders=(holder.certificate.public_bytes(Encoding.DER),),
        created=NOW,
        starts=NOW,
        ends=NOW + timedelta(days=20),
        picture=Picture("PNG", b"a picture", 40, 40),
    )
    return make_seal(order, maker.key, maker.certificate)


def test_openssl_verifies_the_certificates(ca: Sm2Ca, holder: SigningIdentity, tmp_path: Path) -> None:
    for name, one in (("root", ca.certificate), ("leaf", holder.certificate)):
        (tmp_path / f"{name}.pem").write_bytes(one.public_bytes(Encoding.PEM))
    status, said = run(
        *("openssl", "verify", "-vfyopt", DISTID, "-x509_strict", "-no-CApath", "-no-CAstore"),
        *("-CAfile", tmp_path / "root.pem", tmp_path / "leaf.pem"),
    )
    assert status == 0, said


def test_openssl_verifies_a_request(keys: Sm2Keys, ca: Sm2Ca, tmp_path: Path) -> None:
    (tmp_path / "request.der").write_bytes(request(ca.made("asked"), _name("某某建设")))
    status, said = run(
        *("openssl", "req", "-verify", "-vfyopt", DISTID, "-inform", "DER", "-in", tmp_path / "request.der"),
        *("-noout", "-subject"),
    )
    assert status == 0, said
    assert "verify failure" not in said


def test_a_file_signed_by_sm2(ca: Sm2Ca, holder: SigningIdentity, seal: SealObject, tmp_path: Path) -> None:
    signature = sign_digest(holder, digest_of(BytesIO(FILE), "sm3"), at=NOW, seal=seal.der)
    (signer,) = verify_detached(BytesIO(FILE), signature, ca.trust, NOW).signers
    assert signer.algorithms == ("sm3", "sm2")
    assert signer.problems == ("revocation_unchecked",)
    assert signer.seal is not None
    assert signer.seal.faults == ()
    (changed,) = verify_detached(BytesIO(FILE[1:]), signature, ca.trust, NOW).signers
    assert "digest_differs" in changed.problems

    info = cms.ContentInfo.load(signature)["content"]["signer_infos"][0]
    attributes = {one["type"].native: one["values"][0] for one in info["signed_attrs"]}
    (tmp_path / "file").write_bytes(FILE)
    assert attributes["message_digest"].native.hex() in run("openssl", "dgst", "-sm3", tmp_path / "file")[1]
    signed = b"\x31" + info["signed_attrs"].dump()[1:]
    assert _openssl_says(tmp_path, holder.certificate, info["signature"].native, signed) == 0
    assert _openssl_says(tmp_path, holder.certificate, info["signature"].native, signed + b"!") != 0


def _openssl_says(folder: Path, certificate: x509.Certificate, signature: bytes, data: bytes) -> int:
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "signature").write_bytes(signature)
    (folder / "data").write_bytes(data)
    return run(
        *("openssl", "pkeyutl", "-verify", "-certin", "-inkey", folder / "certificate.pem"),
        *("-rawin", "-digest", "sm3", "-pkeyopt", DISTID),
        *("-in", folder / "data", "-sigfile", folder / "signature"),
    )[0]


def test_an_ofd_document_sealed_by_sm2(ca: Sm2Ca, holder: SigningIdentity, seal: SealObject) -> None:
    target = BytesIO()
    with Package.open(BytesIO(packed(files()))) as package:
        seal_package(package, holder, seal, [Place(0, 100, 100)], target, at=NOW)
    inside = unpacked(target.getvalue())
    described = inside["Doc_0/Signs/Sign_0/Signature.xml"]
    assert b'CheckMethod="1.2.156.10197.1.401"' in described
    assert b"<ofd:SignatureMethod>1.2.156.10197.1.501</ofd:SignatureMethod>" in described
    (one,) = verify_package(target, ca.trust, NOW).signatures
    assert (one.algorithms, one.problems) == (("sm3", "sm2"), ("revocation_unchecked",))
    assert one.seal is not None
    assert one.seal.faults == ()


def test_a_pdf_sealed_by_sm2(ca: Sm2Ca, holder: SigningIdentity, seal: SealObject) -> None:
    picture = draw_seal(SealDesign(SealKind.ENTERPRISE, "某某建设有限公司", "3713250012345"))
    sealed = seal_pdf(plain_pdf(), holder, picture, Place(0, 100, 100), reason="签章", at=NOW, seal=seal.der)
    (one,) = verify_document(sealed, ca.trust, NOW).signatures
    assert (one.algorithms, one.intact) == (("sm3", "sm2"), True)
    assert one.problems == ("revocation_unchecked",)
