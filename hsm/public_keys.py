"""The public half of a token key, however the token happens to show it."""

from __future__ import annotations

from typing import Any

from asn1crypto.core import BitString, OctetString
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurve, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from pkcs11 import Attribute, KeyType
from pkcs11.constants import ObjectClass

from hsm.errors import KeyNotFound, MechanismMissing
from hsm.mechanisms import CURVE_BY_PARAMS
from hsm.session import Session

PublicKey = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey

_ED25519_LENGTH = 32


def public_half(session: Session, private: Any) -> PublicKey:
    """The public key of ``private``: from its public object, itself (RSA) or the certificate beside it.

    Locks often keep a certificate and no public key object. Raises KeyNotFound where none of them is there.
    """
    key_id: bytes = private[Attribute.ID]
    try:
        return read(session.find(ObjectClass.PUBLIC_KEY, key_id))
    except KeyNotFound:
        if private.key_type is KeyType.RSA:
            return _rsa(private)
    found = session.find(ObjectClass.CERTIFICATE, key_id)[Attribute.VALUE]
    key = x509.load_der_x509_certificate(found).public_key()
    if not isinstance(key, RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey):
        raise MechanismMissing(f"keys of type {type(key).__name__} are not supported")
    return key


def read(public: Any) -> PublicKey:
    """A public key object of the token as a ``cryptography`` public key."""
    if public.key_type is KeyType.RSA:
        return _rsa(public)
    if public.key_type is KeyType.EC:
        return _elliptic(public)
    if public.key_type is KeyType.EC_EDWARDS:
        return Ed25519PublicKey.from_public_bytes(point_of(public[Attribute.EC_POINT], _ED25519_LENGTH))
    raise MechanismMissing(f"keys of type {public.key_type.name} are not supported")


def _rsa(key: Any) -> RSAPublicKey:
    modulus = int.from_bytes(key[Attribute.MODULUS], "big")
    return RSAPublicNumbers(int.from_bytes(key[Attribute.PUBLIC_EXPONENT], "big"), modulus).public_key()


def _elliptic(key: Any) -> EllipticCurvePublicKey:
    params: bytes = key[Attribute.EC_PARAMS]
    curve = CURVE_BY_PARAMS.get(params)
    if curve is None:
        raise MechanismMissing(f"the curve {params.hex()} is not supported")
    return EllipticCurvePublicKey.from_encoded_point(curve, point_of(key[Attribute.EC_POINT], _length(curve)))


def _length(curve: EllipticCurve) -> int:
    return 1 + 2 * ((curve.key_size + 7) // 8)


def point_of(value: bytes, length: int) -> bytes:
    """CKA_EC_POINT without its wrapping: modules give it raw, in an OCTET STRING or in a BIT STRING.

    The length decides, because a raw point may begin with the octet of a DER tag.
    """
    if len(value) == length:
        return value
    wrapping = BitString if value[:1] == b"\x03" else OctetString
    return bytes(wrapping.load(value))
