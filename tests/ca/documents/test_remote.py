"""Signing elsewhere: prepared here, the CMS made on a lock, checked against our own bytes, embedded."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from ca.documents.cms_making import sign_cms
from ca.documents.errors import HoleMissing, SignatureTooLarge
from ca.documents.signing import (
    Place,
    PreparedPdf,
    SigningIdentity,
    check_cms,
    embed_cms,
    prepare_pdf,
    seal_pdf,
)
from ca.documents.verification import verify_pdf
from ca.errors import SignatureMismatch, SigningKeyRefused
from ca.hierarchy import sign_with
from ca.seals.picture import SealPicture
from tests.ca.documents.judges import pdfsig
from tests.ca.documents.pdfs import plain_pdf
from tests.ca.documents.pki import KEYS, NOW, Issuer
from tests.ca.judges import pem, run

PLACE = Place(0, 105, 148)


@pytest.fixture(scope="module")
def identity(issuer: Issuer) -> SigningIdentity:
    return issuer.identity("rsa-2048")


@pytest.fixture(scope="module")
def prepared(identity: SigningIdentity, picture: SealPicture) -> PreparedPdf:
    return prepare_pdf(plain_pdf(), identity.certificate, picture, PLACE, reason="申请", at=NOW)


@pytest.fixture(scope="module")
def cms(identity: SigningIdentity, prepared: PreparedPdf) -> bytes:
    return sign_cms(identity, prepared.digest, prepared.algorithm)


@pytest.mark.parametrize("kind", KEYS)
def test_prepare_check_embed_verify(
    kind: str, root: Issuer, issuer: Issuer, picture: SealPicture, tmp_path: Path
) -> None:
    identity = issuer.identity(kind)
    prepared = prepare_pdf(plain_pdf(2), identity.certificate, picture, PLACE, reason="申请", at=NOW)
    cms = sign_cms(identity, prepared.digest, prepared.algorithm)
    assert check_cms(prepared.document, cms) == identity.certificate
    signed = embed_cms(prepared.document, cms)
    assert verify_pdf(signed, [root.certificate], [], [], NOW)[0].valid
    if kind != "ed25519":  # NSS knows no Ed25519
        assert "Signature is Valid" in pdfsig(tmp_path, signed)


def test_a_prepared_document_has_a_hole_of_zeros_and_its_digest(prepared: PreparedPdf) -> None:
    document, hole = prepared.document, prepared.hole
    assert document[hole.start : hole.end] == b"<" + b"0" * 32768 + b">"
    digest = hashes.Hash(hashes.SHA256())
    digest.update(document[: hole.start] + document[hole.end :])
    assert digest.finalize() == prepared.digest


def test_a_cms_made_by_openssl_is_accepted(
    root: Issuer, identity: SigningIdentity, prepared: PreparedPdf, tmp_path: Path
) -> None:
    """Other software's CMS, with the attributes of CAdES but without a signing time."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(key)
    content = prepared.document[: prepared.hole.start] + prepared.document[prepared.hole.end :]
    (tmp_path / "content").write_bytes(content)
    code, output = run(
        *("openssl", "cms", "-sign", "-binary", "-cades", "-md", "sha256", "-outform", "DER"),
        *("-in", tmp_path / "content", "-signer", pem(tmp_path / "c.pem", identity.certificate)),
        *("-inkey", tmp_path / "key.pem", "-nosmimecap", "-out", tmp_path / "cms.der"),
    )
    assert code == 0, output
    made = (tmp_path / "cms.der").read_bytes()
    with pytest.raises(SignatureMismatch, match="signing_time"):  # openssl always writes one
        check_cms(prepared.document, made)


def test_a_signature_over_another_document(
    identity: SigningIdentity, picture: SealPicture, prepared: PreparedPdf
) -> None:
    other = prepare_pdf(plain_pdf(2), identity.certificate, picture, PLACE, reason="申请", at=NOW)
    elsewhere = sign_cms(identity, other.digest, other.algorithm)
    with pytest.raises(SignatureMismatch, match="another document"):
        check_cms(prepared.document, elsewhere)


def test_one_changed_byte_anywhere_is_noticed(prepared: PreparedPdf, cms: bytes) -> None:
    at = prepared.document.index(b"30 re f")
    changed = prepared.document[:at] + b"31" + prepared.document[at + 2 :]
    with pytest.raises(SignatureMismatch, match="another document"):
        check_cms(changed, cms)


def altered(cms: bytes, change: Callable[[Any], None]) -> bytes:
    message = asn1.ContentInfo.load(cms)
    change(message["content"])
    return bytes(message.dump(force=True))


def resigned(identity: SigningIdentity, cms: bytes, change: Callable[[list[Any]], list[Any]]) -> bytes:
    """The signature with other signed attributes, signed again by the same key."""

    def exchange(signed: Any) -> None:
        signer = signed["signer_infos"][0]
        attributes = asn1.CMSAttributes(change(list(signer["signed_attrs"])))
        signer["signed_attrs"] = attributes
        signer["signature"] = sign_with(identity.key, attributes.untag().dump())

    return altered(cms, exchange)


def without(kind: str) -> Callable[[list[Any]], list[Any]]:
    return lambda attributes: [one for one in attributes if one["type"].native != kind]


@pytest.mark.parametrize("kind", ["content_type", "message_digest", "signing_certificate_v2"])
def test_each_signed_attribute_is_required(
    kind: str, identity: SigningIdentity, prepared: PreparedPdf, cms: bytes
) -> None:
    with pytest.raises(SignatureMismatch, match=kind):
        check_cms(prepared.document, resigned(identity, cms, without(kind)))


def test_the_same_attributes_signed_again_pass(
    identity: SigningIdentity, prepared: PreparedPdf, cms: bytes
) -> None:
    again = resigned(identity, cms, lambda attributes: attributes)
    assert check_cms(prepared.document, again) == identity.certificate


def test_two_values_of_an_attribute(identity: SigningIdentity, prepared: PreparedPdf, cms: bytes) -> None:
    twice = resigned(identity, cms, lambda attributes: [*attributes, attributes[0]])
    with pytest.raises(SignatureMismatch, match="several values"):
        check_cms(prepared.document, twice)


def test_another_content_type(identity: SigningIdentity, prepared: PreparedPdf, cms: bytes) -> None:
    other = asn1.CMSAttribute({"type": "content_type", "values": ["signed_data"]})
    changed = resigned(identity, cms, lambda attributes: [*without("content_type")(attributes), other])
    with pytest.raises(SignatureMismatch, match="content type"):
        check_cms(prepared.document, changed)


def test_the_certificate_is_bound_to_the_signature(
    issuer: Issuer, identity: SigningIdentity, prepared: PreparedPdf, cms: bytes
) -> None:
    """Another certificate of the same key, put in the place of the one that signed."""
    twin = SigningIdentity(identity.key, issuer.issue("另一企业", identity.key), identity.chain)
    theirs = asn1.ContentInfo.load(sign_cms(twin, prepared.digest, prepared.algorithm))["content"]

    def exchange(signed: Any) -> None:
        signed["certificates"] = theirs["certificates"]
        signed["signer_infos"][0]["sid"] = theirs["signer_infos"][0]["sid"]

    with pytest.raises(SignatureMismatch, match="another certificate"):
        check_cms(prepared.document, altered(cms, exchange))


def test_a_broken_signature_value(prepared: PreparedPdf, cms: bytes) -> None:
    def flip(signed: Any) -> None:
        value = bytearray(signed["signer_infos"][0]["signature"].native)
        value[-1] ^= 1
        signed["signer_infos"][0]["signature"] = bytes(value)

    with pytest.raises(SignatureMismatch, match="does not verify"):
        check_cms(prepared.document, altered(cms, flip))


def test_two_signers_or_none(prepared: PreparedPdf, cms: bytes) -> None:
    def double(signed: Any) -> None:
        signed["signer_infos"] = [signed["signer_infos"][0], signed["signer_infos"][0]]

    def empty(signed: Any) -> None:
        signed["signer_infos"] = []

    for change in (double, empty):
        with pytest.raises(SignatureMismatch, match="exactly one signer"):
            check_cms(prepared.document, altered(cms, change))


def test_content_inside_the_signature(prepared: PreparedPdf, cms: bytes) -> None:
    def attach(signed: Any) -> None:
        signed["encap_content_info"] = {"content_type": "data", "content": b"other words"}

    with pytest.raises(SignatureMismatch, match="not detached"):
        check_cms(prepared.document, altered(cms, attach))


def test_the_signers_certificate_is_missing(prepared: PreparedPdf, cms: bytes) -> None:
    def drop(signed: Any) -> None:
        signed["certificates"] = []

    with pytest.raises(SignatureMismatch, match="0 embedded certificates"):
        check_cms(prepared.document, altered(cms, drop))


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"0",
        b"\x30\x80\x00\x00",
        b"\x30\x03\x02\x01\x05",
        b"not a cms at all",
        b"\x30\x82\xff\xff" + bytes(40),
    ],
)
def test_garbage_is_one_clear_answer(broken: bytes, prepared: PreparedPdf) -> None:
    with pytest.raises(SignatureMismatch) as refusal:
        check_cms(prepared.document, broken)
    assert refusal.value.code == "signature_mismatch"


def test_every_cut_and_trailing_bytes_are_refused(prepared: PreparedPdf, cms: bytes) -> None:
    for broken in (*(cms[:length] for length in range(0, len(cms), 97)), cms + b"\0"):
        with pytest.raises(SignatureMismatch):
            check_cms(prepared.document, broken)


def test_a_weak_lock_key_is_refused_before_anything_is_prepared(issuer: Issuer, picture: SealPicture) -> None:
    key = rsa.generate_private_key(65537, 1024)
    certificate = issuer.issue("弱密钥", key)
    with pytest.raises(SigningKeyRefused):
        prepare_pdf(plain_pdf(), certificate, picture, PLACE, reason="申请", at=NOW)


def test_a_key_of_an_unknown_kind_is_refused(picture: SealPicture, tmp_path: Path) -> None:
    run("openssl", "genpkey", "-algorithm", "ED448", "-out", tmp_path / "key.pem")
    request = ("openssl", "req", "-x509", "-new", "-subj", "/CN=Ed448", "-key", tmp_path / "key.pem")
    code, output = run(*request, "-out", tmp_path / "ed448.pem")
    assert code == 0, output
    certificate = x509.load_pem_x509_certificate((tmp_path / "ed448.pem").read_bytes())
    with pytest.raises(SigningKeyRefused):
        prepare_pdf(plain_pdf(), certificate, picture, PLACE, reason="申请", at=NOW)


def test_flipped_bits_are_never_accepted(
    prepared: PreparedPdf, cms: bytes, identity: SigningIdentity
) -> None:
    """Each is refused, or changes nothing that is signed or checked (an unused certificate, say)."""
    generator = random.Random(20261123)
    for _ in range(120):
        broken = bytearray(cms)
        broken[generator.randrange(len(broken))] ^= 1 << generator.randrange(8)
        try:
            assert check_cms(prepared.document, bytes(broken)) == identity.certificate
        except (SignatureMismatch, SigningKeyRefused):
            continue


def test_a_cms_that_does_not_fit(identity: SigningIdentity, picture: SealPicture) -> None:
    tight = prepare_pdf(plain_pdf(), identity.certificate, picture, PLACE, reason="申请", at=NOW, reserve=512)
    cms = sign_cms(identity, tight.digest, tight.algorithm)
    with pytest.raises(SignatureTooLarge):
        embed_cms(tight.document, cms)


def test_a_hole_is_filled_once(prepared: PreparedPdf, cms: bytes) -> None:
    signed = embed_cms(prepared.document, cms)
    for document in (signed, plain_pdf()):
        with pytest.raises(HoleMissing):
            embed_cms(document, cms)
        with pytest.raises(HoleMissing):
            check_cms(document, cms)


def test_bytes_after_the_prepared_document(prepared: PreparedPdf, cms: bytes) -> None:
    with pytest.raises(HoleMissing):
        embed_cms(prepared.document + b"\n% more", cms)


def test_a_lock_may_sign_what_was_sealed_before(
    root: Issuer, issuer: Issuer, identity: SigningIdentity, picture: SealPicture
) -> None:
    first = seal_pdf(plain_pdf(), issuer.identity("p-384"), picture, Place(0, 60, 60), reason="一", at=NOW)
    prepared = prepare_pdf(first, identity.certificate, picture, PLACE, reason="二", at=NOW)
    cms = sign_cms(identity, prepared.digest, prepared.algorithm)
    assert check_cms(prepared.document, cms) == identity.certificate
    signed = embed_cms(prepared.document, cms)
    assert all(report.valid for report in verify_pdf(signed, [root.certificate], [], [], NOW))
