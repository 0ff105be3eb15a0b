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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from mobile_bridge.envelopes import (
    EnvelopeError,
    EnvelopeNotOpened,
    EnvelopeUnsupported,
    open_bytes,
    read_header,
)
from mobile_bridge.sdk.errors import NotVerified

SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


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
    with _as_not_verified():
        return list(read_header(BytesIO(cms)).recipients)


def open_envelope(cms: bytes, content_key: bytes) -> bytes:
    """What a small envelope holds: AES in GCM (RFC 5083, RFC 5084) or CBC; large ones are for
    ``mobile_bridge.envelopes.open_file``. Raises NotVerified."""
    with _as_not_verified():
        return open_bytes(cms, content_key)


@contextmanager
def _as_not_verified() -> Iterator[None]:
    try:
        yield
    except EnvelopeUnsupported as error:
        raise NotVerified("algorithm_refused", str(error)) from error
    except EnvelopeNotOpened as error:
        raise NotVerified("cannot_open", str(error)) from error
    except EnvelopeError as error:
        raise NotVerified("malformed", str(error)) from error
