"""The CA's own keys and certificates, and how each kind of key signs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ca import der
from ca.errors import CeremonyRefused
from hsm import PrivateKey, PublicKey, Sm2PublicKey, TokenSm2Key

SM2_WITH_SM3: Final = "1.2.156.10197.1.501"
"""GM/T 0006."""


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA that signs: its certificate, the token key of that certificate, and its issuers up to the root."""

    certificate: x509.Certificate
    key: PrivateKey
    chain: tuple[x509.Certificate, ...] = ()

    def __post_init__(self) -> None:
        if spki(self.key.public_key()) != spki(self.certificate.public_key()):
            raise CeremonyRefused("the key in the token is not the certificate's", reason="密钥与证书不匹配")

    @property
    def key_id(self) -> bytes:
        """The subject key identifier of the CA's certificate; the SHA-1 of its key where it gives none."""
        return (
            subject_key_id(self.certificate)
            or hashlib.sha1(key_bits(self.certificate.public_key()), usedforsecurity=False).digest()
        )

    @property
    def digest(self) -> hashes.SHA256 | hashes.SHA384 | None:
        """The digest this CA signs with."""
        return signing_digest(self.key)


def signing_digest(key: PrivateKey | PublicKey) -> hashes.SHA256 | hashes.SHA384 | None:
    """The digest that goes with a key: SHA-384 for P-384, none for Ed25519, else SHA-256 (RFC 5758)."""
    public = key if isinstance(key, PublicKey) else key.public_key()
    if isinstance(public, Ed25519PublicKey):
        return None
    if isinstance(public, EllipticCurvePublicKey) and public.key_size > 256:
        return hashes.SHA384()
    return hashes.SHA256()


def sign_with(key: PrivateKey | TokenSm2Key, data: bytes) -> bytes:
    """A signature in the form that X.509 and CMS carry: PKCS#1 v1.5, DER ECDSA or SM2, or Ed25519."""
    if isinstance(key, TokenSm2Key):
        return key.sign(data)
    digest = signing_digest(key)
    if isinstance(key, RSAPrivateKey) and digest is not None:
        return key.sign(data, padding.PKCS1v15(), digest)
    if isinstance(key, EllipticCurvePrivateKey) and digest is not None:
        return key.sign(data, ec.ECDSA(digest))
    return key.sign(data)  # type: ignore[call-arg]


def algorithm_identifier(public: PublicKey | Sm2PublicKey) -> bytes:
    """DER AlgorithmIdentifier of what ``sign_with`` makes (RFC 4055, 5758, 8410; GM/T 0015)."""
    if isinstance(public, Sm2PublicKey):
        return der.sequence(der.identifier(SM2_WITH_SM3))
    if isinstance(public, RSAPublicKey):
        return der.sequence(der.identifier("1.2.840.113549.1.1.11"), der.element(der.NULL, b""))
    if isinstance(public, EllipticCurvePublicKey):
        hashing = 3 if public.key_size > 256 else 2
        return der.sequence(der.identifier(f"1.2.840.10045.4.3.{hashing}"))
    return der.sequence(der.identifier("1.3.101.112"))


def algorithm_name(public: PublicKey) -> str:
    """A key's kind as profiles name it: rsa-2048, p-256, ed25519 …; what no profile takes has a name too."""
    if isinstance(public, RSAPublicKey):
        return f"rsa-{public.key_size}"
    if isinstance(public, EllipticCurvePublicKey):
        return {"secp256r1": "p-256", "secp384r1": "p-384"}.get(public.curve.name, public.curve.name)
    if isinstance(public, Ed25519PublicKey):
        return "ed25519"
    # Requests from outside bring whatever the library reads: DSA, Ed448, ML-DSA …
    return type(public).__name__.removesuffix("PublicKey").lower()


def spki(public: object) -> bytes:
    """DER SubjectPublicKeyInfo, which tells keys apart."""
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined,no-any-return]


def subject_key_id(certificate: x509.Certificate) -> bytes | None:
    """The subject key identifier that a certificate gives, None without one."""
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return None


def key_bits(public: object) -> bytes:
    """The content of subjectPublicKey, which identifiers of keys are hashes of (RFC 5280, 4.2.1.2)."""
    _, bits = der.read(spki(public)).children()
    return bits.content[1:]
