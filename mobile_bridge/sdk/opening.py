"""Opening envelopes with keys that come sealed to one session (HPKE, RFC 9180), and the CMS around.

session = OpeningSession.new()
started = client.decrypt(…, session.public_key, envelopes)
…
content_key = session.open_sealed_key(started.id, envelope_id, sealed_key)
bid = open_envelope(cms, content_key)
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Self

from asn1crypto import cms as asn1_cms
from asn1crypto import core
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.padding import PKCS7

from mobile_bridge.sdk.errors import NotVerified

SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_CBC: Final = frozenset({"aes128_cbc", "aes192_cbc", "aes256_cbc"})
_AUTHENTICATED: Final = "authenticated_enveloped_data"
_ENVELOPES: Final = frozenset({_AUTHENTICATED, "enveloped_data"})


class GcmParameters(core.Sequence):  # type: ignore[misc]
    """GCMParameters of RFC 5084, section 3.2."""

    _fields: ClassVar = [("nonce", core.OctetString), ("icv_length", core.Integer, {"default": 12})]


@dataclass(frozen=True, slots=True)
class OpeningSession:
    """A one-use key pair. The private half stays in this process, and is forgotten with the session."""

    key: X25519PrivateKey = field(repr=False)

    @classmethod
    def new(cls) -> Self:
        """A fresh pair."""
        return cls(X25519PrivateKey.generate())

    @property
    def public_key(self) -> bytes:
        """32 bytes, for ``PlatformClient.decrypt``."""
        return self.key.public_key().public_bytes_raw()

    def open_sealed_key(self, scan: str, envelope: str, sealed: str) -> bytes:
        """The content key of an envelope, from its base64. Raises NotVerified: malformed, cannot_open."""
        try:
            data = base64.b64decode(sealed, validate=True)
        except (binascii.Error, ValueError) as error:
            raise NotVerified("malformed", "not base64") from error
        try:
            return bytes(SUITE.decrypt(data, self.key, f"{scan}|{envelope}".encode()))
        except (InvalidTag, ValueError) as error:
            raise NotVerified("cannot_open", "sealed for another session, scan or envelope") from error


def recipients(cms: bytes) -> list[bytes]:
    """Each RecipientInfo (DER) of an EnvelopedData or AuthEnvelopedData. Raises NotVerified."""
    _, content = _content(cms)
    return [one.dump() for one in content["recipient_infos"]]


def open_envelope(cms: bytes, content_key: bytes) -> bytes:
    """What an envelope holds: AES in GCM (RFC 5083, RFC 5084) or CBC. Raises NotVerified."""
    name, content = _content(cms)
    authenticated = name == _AUTHENTICATED
    encrypted = content["auth_encrypted_content_info" if authenticated else "encrypted_content_info"]
    cipher = encrypted["content_encryption_algorithm"]
    data = encrypted["encrypted_content"].native
    try:
        if authenticated:
            return _open_gcm(content, cipher["parameters"].dump(), data, content_key)
        if cipher["algorithm"].native not in _CBC:
            raise NotVerified("algorithm_refused", f"{cipher['algorithm'].native}")
        return _open_cbc(cipher["parameters"].native, data, content_key)
    except (InvalidTag, ValueError, TypeError) as error:
        raise NotVerified("cannot_open", "this key does not open the envelope") from error


def _content(cms: bytes) -> tuple[str, Any]:
    try:
        info = asn1_cms.ContentInfo.load(cms, strict=True)
        name = str(info["content_type"].native)
        if name not in _ENVELOPES:
            raise NotVerified("malformed", f"the CMS is {name}, not an envelope")
        return name, info["content"]
    except (ValueError, TypeError, KeyError) as error:
        raise NotVerified("malformed", "not a CMS") from error


def _open_gcm(content: Any, parameters: bytes, data: bytes, key: bytes) -> bytes:
    nonce = GcmParameters.load(parameters)["nonce"].native
    attributes = content["auth_attrs"]
    # Section 2.2 of RFC 5083: they are authenticated as the SET that they are, not as the [1] they travel in.
    authenticated = attributes.untag().dump() if attributes.native else None
    return AESGCM(key).decrypt(nonce, data + content["mac"].native, authenticated)


def _open_cbc(iv: bytes, data: bytes, key: bytes) -> bytes:
    opened = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    padding = PKCS7(128).unpadder()
    padded = opened.update(data) + opened.finalize()
    return padding.update(padded) + padding.finalize()
