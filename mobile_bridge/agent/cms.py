"""The signature that goes into the document: a detached CMS as PAdES asks for it.

RFC 5652 with the signed attributes content-type, message-digest and ESS signing-certificate-v2 (RFC 5035);
no signing-time, which PAdES keeps in the document (ETSI EN 319 142-1, 6.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from asn1crypto import algos, cms, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from hsm import PrivateKey
from mobile_bridge.agent.document import PreparedDocument
from mobile_bridge.agent.errors import KeyMismatch, KeyUnsupported
from mobile_bridge.errors import DocumentSuspicious

_CURVES: Final[dict[str, hashes.HashAlgorithm]] = {"secp256r1": hashes.SHA256(), "secp384r1": hashes.SHA384()}
_LEAST_RSA_BITS: Final = 2048


@dataclass(frozen=True, slots=True)
class _Scheme:
    """How a key signs. ``mechanism``: the name in asn1crypto."""

    digest: hashes.HashAlgorithm
    mechanism: str


def is_signing_key(public: object) -> bool:
    """Whether documents can be signed with such a key: RSA of 2048 bits and more, P-256, P-384."""
    try:
        _scheme(public)
    except KeyUnsupported:
        return False
    return True


def sign_document(document: PreparedDocument, certificate: x509.Certificate, key: PrivateKey) -> bytes:
    """A CMS (DER) over ``document``, made with ``key``, by the holder of ``certificate``.

    Raises KeyUnsupported, KeyMismatch, DocumentSuspicious when the CMS does not fit, and what the key raises.
    """
    scheme = _scheme(certificate.public_key())
    attributes = _attributes(certificate, document.digest(scheme.digest), scheme)
    signature = _sign(key, attributes.dump(), scheme)
    _verify(certificate, signature, attributes.dump(), scheme)
    message = bytes(_signed_data(certificate, attributes, signature, scheme).dump())
    if len(message) > document.room:
        raise DocumentSuspicious(f"{len(message)} bytes of CMS, room for {document.room}")
    return message


def _scheme(public: object) -> _Scheme:
    if isinstance(public, RSAPublicKey) and public.key_size >= _LEAST_RSA_BITS:
        return _Scheme(hashes.SHA256(), "sha256_rsa")
    if isinstance(public, EllipticCurvePublicKey) and public.curve.name in _CURVES:
        digest = _CURVES[public.curve.name]
        return _Scheme(digest, f"{digest.name}_ecdsa")
    raise KeyUnsupported(f"{type(public).__name__} of this size or curve")


def _attributes(certificate: x509.Certificate, digest: bytes, scheme: _Scheme) -> cms.CMSAttributes:
    algorithm = {"algorithm": scheme.digest.name}
    reference = {"hash_algorithm": algorithm, "cert_hash": certificate.fingerprint(scheme.digest)}
    return cms.CMSAttributes(
        [
            {"type": "content_type", "values": ["data"]},
            {"type": "message_digest", "values": [digest]},
            {"type": "signing_certificate_v2", "values": [{"certs": [tsp.ESSCertIDv2(reference)]}]},
        ]
    )


def _sign(key: PrivateKey, data: bytes, scheme: _Scheme) -> bytes:
    if isinstance(key, RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), scheme.digest)
    if isinstance(key, EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(scheme.digest))
    raise KeyMismatch(f"the certificate names another kind of key than {type(key).__name__}")


def _verify(certificate: x509.Certificate, signature: bytes, data: bytes, scheme: _Scheme) -> None:
    """Locks hold several pairs; a certificate filed under another one's id would waste the session."""
    public = certificate.public_key()
    try:
        if isinstance(public, RSAPublicKey):
            public.verify(signature, data, padding.PKCS1v15(), scheme.digest)
        elif isinstance(public, EllipticCurvePublicKey):
            public.verify(signature, data, ec.ECDSA(scheme.digest))
    except InvalidSignature as error:
        raise KeyMismatch("the signature does not verify with the certificate") from error


def _signed_data(
    certificate: x509.Certificate, attributes: cms.CMSAttributes, signature: bytes, scheme: _Scheme
) -> cms.ContentInfo:
    holder = asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))
    named = cms.IssuerAndSerialNumber({"issuer": holder.issuer, "serial_number": holder.serial_number})
    digest_algorithm = algos.DigestAlgorithm({"algorithm": scheme.digest.name})
    signer = {
        "version": "v1",
        "sid": cms.SignerIdentifier({"issuer_and_serial_number": named}),
        "digest_algorithm": digest_algorithm,
        "signed_attrs": attributes,
        "signature_algorithm": {"algorithm": scheme.mechanism},
        "signature": signature,
    }
    signed = {
        "version": "v1",
        "digest_algorithms": [digest_algorithm],
        "encap_content_info": {"content_type": "data"},
        "certificates": [holder],
        "signer_infos": [signer],
    }
    return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(signed)})
