"""Which digest a document is signed with, and how a signature over CMS attributes is checked."""

from __future__ import annotations

from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from ca.errors import SignatureMismatch, SigningKeyRefused
from ca.hierarchy import signing_digest

DIGESTS: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_LEAST_RSA_BITS: Final = 2048
_CURVES: Final = ("secp256r1", "secp384r1", "secp521r1")


def document_digest(certificate: x509.Certificate) -> hashes.HashAlgorithm:
    """The digest of document and attributes that suits the certificate's key. Raises SigningKeyRefused.

    Ed25519 asks for SHA-512 (RFC 8419, section 3.1).
    """
    key = signing_key(certificate)
    return signing_digest(key) or hashes.SHA512()


def signing_key(
    certificate: x509.Certificate,
) -> RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey:
    """The certificate's key, when it is of a kind and strength that documents are signed with.

    Raises SigningKeyRefused.
    """
    try:
        key = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError) as error:  # SM2, among others
        raise SigningKeyRefused(f"a key of an unknown kind: {error}") from error
    strong_rsa = isinstance(key, RSAPublicKey) and key.key_size >= _LEAST_RSA_BITS
    known_curve = isinstance(key, EllipticCurvePublicKey) and key.curve.name in _CURVES
    if strong_rsa or known_curve or isinstance(key, Ed25519PublicKey):
        return key  # type: ignore[return-value]  # the three kinds, just told apart
    raise SigningKeyRefused(f"{type(key).__name__} is of another kind or too weak")


def verify(
    certificate: x509.Certificate, mechanism: str, digest: hashes.HashAlgorithm, signature: bytes, data: bytes
) -> None:
    """Check a signature made by the CMS ``mechanism`` rsassa_pkcs1v15, ecdsa or ed25519.

    Raises SignatureMismatch, SigningKeyRefused.
    """
    key = signing_key(certificate)
    try:
        if mechanism == "rsassa_pkcs1v15" and isinstance(key, RSAPublicKey):
            return key.verify(signature, data, padding.PKCS1v15(), digest)
        if mechanism == "ecdsa" and isinstance(key, EllipticCurvePublicKey):
            return key.verify(signature, data, ec.ECDSA(digest))
        if mechanism == "ed25519" and isinstance(key, Ed25519PublicKey):
            return key.verify(signature, data)
    except InvalidSignature as error:
        raise SignatureMismatch("the signature does not verify with the certificate's key") from error
    raise SignatureMismatch(f"{mechanism} does not go with a {type(key).__name__}")
