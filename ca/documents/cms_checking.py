"""Whether a CMS that came back from elsewhere is one signature over exactly our document (RFC 5652)."""

from __future__ import annotations

from hmac import compare_digest
from typing import Any, Final

from asn1crypto import cms, tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from ca.documents.algorithms import DIGESTS, verify
from ca.documents.errors import SignatureMismatch, SigningKeyRefused
from ca.documents.hole import find_hole

_INDEFINITE_LENGTH: Final = b"\x30\x80"
_SET_OF: Final = b"\x31"
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
        attributes = _attributes(signer)
        digest = _digest(signer)
        _check_attributes(attributes, hole.digest(document, digest))
        certificate = _signer_certificate(signed, signer)
        _check_reference(attributes, certificate)
        mechanism: str = signer["signature_algorithm"].signature_algo
        # Signed under their SET OF tag, not the [0] they travel with (RFC 5652, section 5.4).
        signed_bytes = _SET_OF + signer["signed_attrs"].dump()[1:]
        verify(certificate, mechanism, digest, signer["signature"].native, signed_bytes)
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


def _attributes(signer: Any) -> dict[str, Any]:
    """Each signed attribute by type; one value each."""
    attributes: dict[str, Any] = {}
    for attribute in signer["signed_attrs"]:
        kind = attribute["type"].native
        _require(kind not in attributes and len(attribute["values"]) == 1, f"{kind} has several values")
        attributes[kind] = attribute["values"][0]
    return attributes


def _digest(signer: Any) -> hashes.HashAlgorithm:
    """The digest of document and attributes, which must be the same one."""
    name = signer["digest_algorithm"]["algorithm"].native
    _require(name in DIGESTS, f"the digest {name} is not accepted")
    algorithm = signer["signature_algorithm"]
    # rsaEncryption as a signature algorithm leaves the digest to the other field (RFC 3370, section 3.2).
    if algorithm["algorithm"].native != "rsassa_pkcs1v15":
        _require(algorithm.hash_algo == name, "two different digests")
    return DIGESTS[name]


def _check_attributes(attributes: dict[str, Any], digest: bytes) -> None:
    wanted = {"content_type", "message_digest", "signing_certificate_v2"}
    _require(wanted <= attributes.keys(), f"missing: {sorted(wanted - attributes.keys())}")
    _require(_FORBIDDEN not in attributes, f"{_FORBIDDEN} is not allowed in PAdES")
    _require(attributes["content_type"].native == "data", "another content type is signed")
    _require(compare_digest(attributes["message_digest"].native, digest), "another document was signed")


def _signer_certificate(signed: Any, signer: Any) -> x509.Certificate:
    """The embedded certificate that the SignerInfo names."""
    sid = signer["sid"]
    found = {
        choice.chosen.dump()
        for choice in signed["certificates"]
        if choice.name == "certificate" and _names(sid, choice.chosen)
    }
    _require(len(found) == 1, f"{len(found)} embedded certificates are the signer's")
    return x509.load_der_x509_certificate(found.pop())


def _names(sid: Any, certificate: Any) -> bool:
    if sid.name == "subject_key_identifier":
        return bool(sid.chosen.native == certificate.key_identifier)
    issuer, serial = sid.chosen["issuer"], sid.chosen["serial_number"].native
    return bool(issuer == certificate.issuer and serial == certificate.serial_number)


def _check_reference(attributes: dict[str, Any], certificate: x509.Certificate) -> None:
    """The first certificate that ESS signing-certificate-v2 names is the signer's (RFC 5035, section 4)."""
    reference: tsp.ESSCertIDv2 = attributes["signing_certificate_v2"]["certs"][0]
    name = reference["hash_algorithm"]["algorithm"].native
    _require(name in DIGESTS, f"the certificate digest {name} is not accepted")
    digest = certificate.fingerprint(DIGESTS[name])
    _require(compare_digest(reference["cert_hash"].native, digest), "another certificate was signed")
    serial = reference["issuer_serial"]
    if serial.native is not None:
        _require(serial["serial_number"].native == certificate.serial_number, "another serial was signed")


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise SignatureMismatch(otherwise)
