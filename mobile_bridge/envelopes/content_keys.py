"""The content key of an envelope, by a private key that this process holds."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any, ClassVar, Final

from asn1crypto import cms, core
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

from mobile_bridge.envelopes.errors import (
    EnvelopeError,
    EnvelopeMalformed,
    EnvelopeNotOpened,
    EnvelopeUnsupported,
)

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

_CHECK: Final = b"sealbridge-envelope-check"
_DIGESTS: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1(),  # noqa: S303 - OAEP's default (RFC 8017, A.2.1)
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_KDFS: Final[dict[str, hashes.HashAlgorithm]] = {
    "1.3.133.16.840.63.0.2": hashes.SHA1(),  # noqa: S303 - what OpenSSL writes unless told otherwise
    "1.3.132.1.11.1": hashes.SHA256(),
    "1.3.132.1.11.2": hashes.SHA384(),
    "1.3.132.1.11.3": hashes.SHA512(),
}
_WRAPS: Final = {"aes128_wrap": 16, "aes192_wrap": 24, "aes256_wrap": 32}


class _SharedInfo(core.Sequence):  # type: ignore[misc]
    """ECC-CMS-SharedInfo (RFC 5753, section 7.2)."""

    _fields: ClassVar = [
        ("key_info", cms.KeyEncryptionAlgorithm),
        ("entity_u_info", core.OctetString, {"explicit": 0, "optional": True}),
        ("supp_pub_info", core.OctetString, {"explicit": 2}),
    ]


def check_of(content_key: bytes, sha256: str) -> bytes:
    """What proves later that a key is the one of the envelope with this digest (hexadecimal), and tells
    nothing of it: HMAC-SHA256."""
    return hmac.digest(content_key, _CHECK + bytes.fromhex(sha256), hashlib.sha256)


def content_key_of(recipient: bytes, key: PrivateKey) -> bytes:
    """The content key in a RecipientInfo (DER).

    Raises EnvelopeMalformed, EnvelopeUnsupported, EnvelopeNotOpened.
    """
    try:
        info = cms.RecipientInfo.load(recipient, strict=True)
        if info.name == "ktri" and isinstance(key, rsa.RSAPrivateKey):
            return _transported(info.chosen, key)
        if info.name == "kari" and isinstance(key, ec.EllipticCurvePrivateKey):
            return _agreed(info.chosen, key)
    except EnvelopeError:
        raise
    except Exception as error:  # hostile structures meet a reader's every exception
        raise EnvelopeMalformed("not a RecipientInfo") from error
    raise EnvelopeUnsupported("a recipient for another kind of key")


def _transported(info: Any, key: rsa.RSAPrivateKey) -> bytes:
    algorithm, encrypted = info["key_encryption_algorithm"], info["encrypted_key"].native
    try:
        if algorithm["algorithm"].native == "rsaes_oaep":
            return key.decrypt(encrypted, _oaep(algorithm["parameters"]))
        # A wrong block gives a key with which nothing opens, as RFC 3218, section 2.3.2 has it.
        return _of_pkcs1(key, encrypted)
    except ValueError as error:
        raise EnvelopeNotOpened("the block does not decrypt") from error


def _of_pkcs1(key: rsa.RSAPrivateKey, encrypted: bytes) -> bytes:
    otherwise = secrets.token_bytes(32)
    try:
        return key.decrypt(encrypted, padding.PKCS1v15())
    except ValueError:
        return otherwise


def _oaep(parameters: Any) -> padding.OAEP:
    mask = parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native
    digest = parameters["hash_algorithm"]["algorithm"].native
    if mask not in _DIGESTS or digest not in _DIGESTS:
        raise EnvelopeUnsupported(f"OAEP with {digest} and {mask}")
    return padding.OAEP(padding.MGF1(_DIGESTS[mask]), _DIGESTS[digest], None)


def _agreed(info: Any, key: ec.EllipticCurvePrivateKey) -> bytes:
    algorithm = info["key_encryption_algorithm"]
    wrap = cms.KeyEncryptionAlgorithm.load(algorithm["parameters"].dump(), strict=True)
    kdf, size = _KDFS.get(algorithm["algorithm"].dotted), _WRAPS.get(wrap["algorithm"].native)
    keys, originator = info["recipient_encrypted_keys"], info["originator"]
    if kdf is None or size is None or len(keys) != 1 or originator.name != "originator_key":
        raise EnvelopeUnsupported("a key agreement that is not known")
    fields = {"key_info": wrap, "supp_pub_info": (size * 8).to_bytes(4, "big")}
    if info["ukm"].native is not None:
        fields["entity_u_info"] = info["ukm"].native
    try:
        point = originator.chosen["public_key"].native
        public = ec.EllipticCurvePublicKey.from_encoded_point(key.curve, point)
        shared = X963KDF(kdf, size, _SharedInfo(fields).dump()).derive(key.exchange(ec.ECDH(), public))
        return aes_key_unwrap(shared, keys[0]["encrypted_key"].native)
    except (InvalidUnwrap, ValueError) as error:
        raise EnvelopeNotOpened("the wrapped key does not unwrap") from error
