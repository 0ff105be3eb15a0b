"""The content key of an envelope, by a private key in a token."""

from __future__ import annotations

import secrets
from typing import ClassVar, Final

from asn1crypto import cms, core
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

from ca.envelopes.errors import EnvelopeNotOpened, RecipientUnsupported
from ca.envelopes.recipients import KeyAgreement, KeyTransport, Recipient
from hsm import PrivateKey
from hsm.errors import CiphertextRefused, MechanismMissing

_KEY_BYTES: Final = (16, 24, 32)


def open_recipient(recipient: Recipient, key: PrivateKey) -> bytes:
    """The content key, 16 to 32 bytes. Raises EnvelopeNotOpened, RecipientUnsupported, HsmError."""
    if isinstance(recipient, KeyTransport) and isinstance(key, RSAPrivateKey):
        return _transported(recipient, key)
    if isinstance(recipient, KeyAgreement) and isinstance(key, EllipticCurvePrivateKey):
        return _agreed(recipient, key)
    raise RecipientUnsupported("the recipient's part is for a key of another kind")


def _transported(recipient: KeyTransport, key: RSAPrivateKey) -> bytes:
    if recipient.oaep is None:
        return _or_random(recipient, key)
    digest, mask = recipient.oaep
    scheme = padding.OAEP(padding.MGF1(mask), digest, None)
    return _checked(_decrypted(key, recipient.encrypted_key, scheme))


def _or_random(recipient: KeyTransport, key: RSAPrivateKey) -> bytes:
    """What a wrong PKCS #1 v1.5 block gives is a key like any other, with which nothing decrypts: whoever
    could tell both apart might ask for other blocks until one is understood (RFC 3218, section 2.3.2)."""
    otherwise = secrets.token_bytes(max(_KEY_BYTES))
    try:
        return _checked(_decrypted(key, recipient.encrypted_key, padding.PKCS1v15()))
    except EnvelopeNotOpened:
        return otherwise


def _decrypted(key: RSAPrivateKey, encrypted: bytes, scheme: padding.AsymmetricPadding) -> bytes:
    if len(encrypted) != (key.key_size + 7) // 8:
        raise EnvelopeNotOpened("the encrypted key is not as long as the modulus")
    try:
        return key.decrypt(encrypted, scheme)
    except CiphertextRefused as wrong:
        raise EnvelopeNotOpened("the block does not decrypt") from wrong
    except MechanismMissing as missing:
        raise RecipientUnsupported("the token does not know this padding") from missing


def _agreed(recipient: KeyAgreement, key: EllipticCurvePrivateKey) -> bytes:
    shared = key.exchange(ec.ECDH(), _originator(recipient, key))
    derived = X963KDF(recipient.kdf, recipient.wrap_bytes, _shared_info(recipient)).derive(shared)
    try:
        return _checked(aes_key_unwrap(derived, recipient.encrypted_key))
    except (InvalidUnwrap, ValueError) as wrong:
        raise EnvelopeNotOpened("the wrapped key does not unwrap") from wrong


def _originator(recipient: KeyAgreement, key: EllipticCurvePrivateKey) -> EllipticCurvePublicKey:
    """The one-use key of whoever made the envelope; the library checks that it is on the curve."""
    try:
        return EllipticCurvePublicKey.from_encoded_point(key.curve, recipient.originator)
    except ValueError as wrong:
        raise EnvelopeNotOpened("the originator's key is no point of the curve") from wrong


class _SharedInfo(core.Sequence):  # type: ignore[misc]
    """ECC-CMS-SharedInfo (RFC 5753, section 7.2)."""

    _fields: ClassVar = [
        ("key_info", cms.KeyEncryptionAlgorithm),
        ("entity_u_info", core.OctetString, {"explicit": 0, "optional": True}),
        ("supp_pub_info", core.OctetString, {"explicit": 2}),
    ]


def _shared_info(recipient: KeyAgreement) -> bytes:
    fields = {
        "key_info": cms.KeyEncryptionAlgorithm.load(recipient.wrap),
        "supp_pub_info": (recipient.wrap_bytes * 8).to_bytes(4, "big"),
    }
    if recipient.ukm is not None:
        fields["entity_u_info"] = recipient.ukm
    return bytes(_SharedInfo(fields).dump())


def _checked(content_key: bytes) -> bytes:
    if len(content_key) not in _KEY_BYTES:
        raise EnvelopeNotOpened(f"a content key of {len(content_key)} bytes")
    return content_key
