"""Which digests and signatures are known, with which digest each key signs, and how a signature is checked.

``DIGEST_OIDS`` and ``ALGORITHMS`` are the tables for documents, seals, OFD packages and time stamps: RSA,
ECDSA and Ed25519 by cryptography, SM2 with SM3 by ``ca.sm2``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key

from ca import sm2
from ca.errors import SignatureMismatch, SigningKeyRefused
from ca.hierarchy import signing_digest
from hsm import PublicKey, Sm2PublicKey

DIGESTS: Final[dict[str, hashes.HashAlgorithm]] = {
    "sm3": hashes.SM3(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
DIGEST_OIDS: Final = {
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
    "sm3": "1.2.156.10197.1.401",
}
"""Every digest that documents are signed by; names are hashlib's."""
DIGEST_NAMES: Final = {oid: name for name, oid in DIGEST_OIDS.items()}


@dataclass(frozen=True, slots=True)
class SignatureAlgorithm:
    """``mechanism``: rsassa_pkcs1v15, ecdsa, ed25519 or sm2; ``digest``: its name in hashlib."""

    mechanism: str
    digest: str


ALGORITHMS: Final[dict[str, SignatureAlgorithm]] = {
    "1.2.840.113549.1.1.11": SignatureAlgorithm("rsassa_pkcs1v15", "sha256"),  # RFC 4055
    "1.2.840.113549.1.1.12": SignatureAlgorithm("rsassa_pkcs1v15", "sha384"),
    "1.2.840.113549.1.1.13": SignatureAlgorithm("rsassa_pkcs1v15", "sha512"),
    "1.2.840.10045.4.3.2": SignatureAlgorithm("ecdsa", "sha256"),  # RFC 5758
    "1.2.840.10045.4.3.3": SignatureAlgorithm("ecdsa", "sha384"),
    "1.2.840.10045.4.3.4": SignatureAlgorithm("ecdsa", "sha512"),
    "1.3.101.112": SignatureAlgorithm("ed25519", "sha512"),  # RFC 8410
    sm2.WITH_SM3: SignatureAlgorithm("sm2", "sm3"),  # GM/T 0006
}
"""By the OID of the signature algorithm."""

_Key = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey
_LEAST_RSA_BITS: Final = 2048
_CURVES: Final = ("secp256r1", "secp384r1", "secp521r1")


def document_digest(certificate: x509.Certificate) -> hashes.HashAlgorithm:
    """The digest of document and attributes that suits the certificate's key. Raises SigningKeyRefused.

    Ed25519 asks for SHA-512 (RFC 8419, section 3.1), SM2 for SM3 (GB/T 35275).
    """
    if _is_sm2(certificate):
        return DIGESTS["sm3"]
    key = signing_key(certificate)
    return signing_digest(key) or hashes.SHA512()


def _is_sm2(certificate: x509.Certificate) -> bool:
    try:
        Sm2PublicKey.from_spki(spki_of(certificate.public_bytes(Encoding.DER)))
    except ValueError:
        return False
    return True


def signing_key(certificate: x509.Certificate) -> _Key:
    """The certificate's key, when it is of a kind and strength that documents are signed with.

    Raises SigningKeyRefused.
    """
    try:
        key = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError) as error:  # SM2, among others
        raise SigningKeyRefused(f"a key of an unknown kind: {error}") from error
    return _strong(key)


def _strong(key: object) -> _Key:
    strong_rsa = isinstance(key, RSAPublicKey) and key.key_size >= _LEAST_RSA_BITS
    known_curve = isinstance(key, EllipticCurvePublicKey) and key.curve.name in _CURVES
    if strong_rsa or known_curve or isinstance(key, Ed25519PublicKey):
        return key  # type: ignore[return-value]  # the three kinds, just told apart
    raise SigningKeyRefused(f"{type(key).__name__} is of another kind or too weak")


def algorithm_of(key: PublicKey | Sm2PublicKey) -> str:
    """The OID of what ``ca.hierarchy.sign_with`` makes with this key's private half."""
    if isinstance(key, Sm2PublicKey):
        return sm2.WITH_SM3
    digest = signing_digest(key)
    if digest is None:
        wanted = SignatureAlgorithm("ed25519", "sha512")
    elif isinstance(key, RSAPublicKey):
        wanted = SignatureAlgorithm("rsassa_pkcs1v15", digest.name)
    else:
        wanted = SignatureAlgorithm("ecdsa", digest.name)
    return next(oid for oid, one in ALGORITHMS.items() if one == wanted)


def spki_of(certificate: bytes) -> bytes:
    """DER SubjectPublicKeyInfo of a certificate (DER), also where cryptography does not know the key's kind.

    Raises SigningKeyRefused.
    """
    try:
        return bytes(asn1.Certificate.load(certificate, strict=True).public_key.dump())
    except (ValueError, TypeError) as error:
        raise SigningKeyRefused(f"not a certificate: {error}") from error


def check(spki: bytes, oid: str, signature: bytes, data: bytes) -> None:
    """Check a signature over ``data`` by a key (DER SubjectPublicKeyInfo) and the OID of an algorithm.

    Raises SignatureMismatch, SigningKeyRefused for a key or an algorithm that is not known.
    """
    algorithm = ALGORITHMS.get(oid)
    if algorithm is None:
        raise SigningKeyRefused(f"signature algorithm {oid} is not known")
    if algorithm.mechanism == "sm2":
        sm2.check(spki, signature, data)
        return
    try:
        key = load_der_public_key(spki)
    except (UnsupportedAlgorithm, ValueError) as error:
        raise SigningKeyRefused(f"a key of an unknown kind: {error}") from error
    _verify(_strong(key), algorithm.mechanism, DIGESTS[algorithm.digest], signature, data)


def verify(
    certificate: x509.Certificate, mechanism: str, digest: hashes.HashAlgorithm, signature: bytes, data: bytes
) -> None:
    """Check a signature made by the CMS ``mechanism`` rsassa_pkcs1v15, ecdsa or ed25519.

    Raises SignatureMismatch, SigningKeyRefused.
    """
    _verify(signing_key(certificate), mechanism, digest, signature, data)


def _verify(key: _Key, mechanism: str, digest: hashes.HashAlgorithm, signature: bytes, data: bytes) -> None:
    try:
        if mechanism == "rsassa_pkcs1v15" and isinstance(key, RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), digest)
            return
        if mechanism == "ecdsa" and isinstance(key, EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(digest))
            return
        if mechanism == "ed25519" and isinstance(key, Ed25519PublicKey):
            key.verify(signature, data)
            return
    except InvalidSignature as error:
        raise SignatureMismatch("the signature does not verify with the certificate's key") from error
    raise SignatureMismatch(f"{mechanism} does not go with a {type(key).__name__}")
