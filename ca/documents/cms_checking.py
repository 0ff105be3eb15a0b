"""Whether a CMS that came back from elsewhere is one signature over exactly our document (RFC 5652)."""

from __future__ import annotations

from hmac import compare_digest
from typing import Any, Final

from asn1crypto import cms
from cryptography import x509

from ca.documents import signer_info
from ca.documents.hole import find_hole
from ca.errors import SignatureMismatch, SigningKeyRefused
from ca.signatures import verify

_INDEFINITE_LENGTH: Final = b"\x30\x80"
# ETSI EN 319 142-1, 6.3: a PAdES signature claims its time in the dictionary's /M, never in the CMS.
_FORBIDDEN: Final = "signing_time"


def check_cms(document: bytes, signature: bytes) -> x509.Certificate:
    """Check a detached CMS against a prepared ``document``; returns the signer's certificate.

    Checked: one signer; messageDigest is the digest of all bytes outside the hole; content type; the signing
    certificate is the one the attributes name; its key made the signature. Whether that certificate is to be
    trusted is the caller's question. Raises SignatureMismatch, SigningKeyRefused, HoleMissing.
    """
    hole = find_hole(document)
    try:
        signed, signer = _open(signature)
        attributes = signer_info.attributes(signer)
        digest = signer_info.digest(signer)
        _check_attributes(attributes, hole.digest(document, digest))
        certificate = signer_info.certificate(signed, signer)
        signer_info.check_reference(attributes, certificate)
        mechanism: str = signer["signature_algorithm"].signature_algo
        verify(certificate, mechanism, digest, signer["signature"].native, signer_info.signed_bytes(signer))
    except (SignatureMismatch, SigningKeyRefused):
        raise
    except Exception as error:  # broken structures meet a reader's every exception
        raise SignatureMismatch(f"not a readable CMS: {error}") from error
    return certificate


def _open(signature: bytes) -> tuple[Any, Any]:
    """The SignedData and its only SignerInfo."""
    _require(signature[:2] != _INDEFINITE_LENGTH, "the CMS is not DER")
    info = cms.ContentInfo.load(signature, strict=True)
    _require(info["content_type"].native == "signed_data", "not SignedData")
    signed = info["content"]
    _require(signed["encap_content_info"]["content_type"].native == "data", "content of another type")
    _require(signed["encap_content_info"]["content"].native is None, "the signature is not detached")
    _require(len(signed["signer_infos"]) == 1, "exactly one signer is expected")
    return signed, signed["signer_infos"][0]


def _check_attributes(attributes: dict[str, Any], digest: bytes) -> None:
    wanted = {"content_type", "message_digest", "signing_certificate_v2"}
    _require(wanted <= attributes.keys(), f"missing: {sorted(wanted - attributes.keys())}")
    _require(_FORBIDDEN not in attributes, f"{_FORBIDDEN} is not allowed in PAdES")
    _require(attributes["content_type"].native == "data", "another content type is signed")
    _require(compare_digest(attributes["message_digest"].native, digest), "another document was signed")


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise SignatureMismatch(otherwise)
