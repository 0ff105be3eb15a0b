"""Tables: which PKCS#11 mechanism serves which key, digest and padding.

Digests are computed in software and only the last step goes to the token (``CKM_RSA_PKCS``, ``CKM_ECDSA``):
every module offers those, a document never travels to the token, and pre-hashed input comes for free.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from pkcs11 import MGF, KeyType, Mechanism

from hsm.errors import MechanismMissing


class KeyKind(StrEnum):
    """The key pairs that the project makes."""

    RSA_2048 = "rsa-2048"
    RSA_3072 = "rsa-3072"
    RSA_4096 = "rsa-4096"
    P256 = "p-256"
    P384 = "p-384"
    ED25519 = "ed25519"


class KeyUse(StrEnum):
    """What a pair is for; a key has one use, as its certificate's key usage says."""

    SIGN = "sign"
    DECRYPT = "decrypt"


RSA_BITS: Final = {KeyKind.RSA_2048: 2048, KeyKind.RSA_3072: 3072, KeyKind.RSA_4096: 4096}
CURVES: Final[dict[KeyKind, ec.EllipticCurve]] = {KeyKind.P256: ec.SECP256R1(), KeyKind.P384: ec.SECP384R1()}
CURVE_BY_PARAMS: Final[dict[bytes, ec.EllipticCurve]] = {
    # CKA_EC_PARAMS as DER OBJECT IDENTIFIER (RFC 5480, section 2.1.1.1).
    bytes.fromhex("06082a8648ce3d030107"): ec.SECP256R1(),
    bytes.fromhex("06052b81040022"): ec.SECP384R1(),
}
PARAMS_BY_CURVE: Final = {curve.name: params for params, curve in CURVE_BY_PARAMS.items()}
# RFC 8410 OID 1.3.101.112; SoftHSM2 and PKCS#11 v3.0 both take it as CKA_EC_PARAMS.
ED25519_PARAMS: Final = bytes.fromhex("06032b6570")

GENERATE: Final[dict[KeyKind, tuple[KeyType, Mechanism]]] = {
    **dict.fromkeys(RSA_BITS, (KeyType.RSA, Mechanism.RSA_PKCS_KEY_PAIR_GEN)),
    **dict.fromkeys(CURVES, (KeyType.EC, Mechanism.EC_KEY_PAIR_GEN)),
    KeyKind.ED25519: (KeyType.EC_EDWARDS, Mechanism.EC_EDWARDS_KEY_PAIR_GEN),
}

# DER prefixes of DigestInfo, RFC 8017 section 9.2, note 1.
DIGEST_INFO: Final[dict[str, bytes]] = {
    "sha1": bytes.fromhex("3021300906052b0e03021a05000414"),
    "sha224": bytes.fromhex("302d300d06096086480165030402040500041c"),
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}
DIGESTS: Final[dict[str, tuple[Mechanism, MGF]]] = {
    "sha1": (Mechanism.SHA_1, MGF.SHA1),
    "sha224": (Mechanism.SHA224, MGF.SHA224),
    "sha256": (Mechanism.SHA256, MGF.SHA256),
    "sha384": (Mechanism.SHA384, MGF.SHA384),
    "sha512": (Mechanism.SHA512, MGF.SHA512),
}
# Wrapping a private key of any length, best first. RFC 5649 has two numbers: SoftHSM 2.6.1 offers it as
# 0x210A, which PKCS#11 v3.0 took back and defined as 0x210B.
WRAP: Final = (Mechanism.AES_KEY_WRAP_KWP, Mechanism.AES_KEY_WRAP_PAD)


def kind_of(public: object) -> KeyKind | None:
    """The kind of a public key; None of one that the project does not make."""
    if isinstance(public, RSAPublicKey):
        return next((kind for kind, bits in RSA_BITS.items() if bits == public.key_size), None)
    if isinstance(public, ec.EllipticCurvePublicKey):
        return next((kind for kind, curve in CURVES.items() if curve.name == public.curve.name), None)
    return KeyKind.ED25519 if isinstance(public, Ed25519PublicKey) else None


# Three times as fast as a context of ``cryptography``, which shows beside a P-256 signature.
_HASHES: Final = {
    "sha1": hashlib.sha1,
    "sha224": hashlib.sha224,
    "sha256": hashlib.sha256,
    "sha384": hashlib.sha384,
    "sha512": hashlib.sha512,
}


def digest_of(algorithm: hashes.HashAlgorithm, data: bytes) -> bytes:
    """The digest of ``data``, in software. Raises MechanismMissing."""
    make = _HASHES.get(algorithm.name)
    if make is None:
        raise MechanismMissing(f"{algorithm.name} is not supported")
    return make(data).digest()
