"""What an envelope says of itself, read in bounded memory: its head, its pieces of ciphertext, its tail."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from mobile_bridge.envelopes import der
from mobile_bridge.envelopes.ber import BerReader, End
from mobile_bridge.envelopes.errors import EnvelopeMalformed, EnvelopeUnsupported
from mobile_bridge.envelopes.forms import BLOCK, CHUNK, CIPHERS, CONTENT_TYPES, TAG, ContentCipher, Kind

MAX_RECIPIENTS: Final = 200
MAX_RECIPIENT: Final = 4096
"""Most bytes of a RecipientInfo, as the service has it."""

_MAX_ATTRIBUTES: Final = 64 * 1024
_MAX_OID: Final = 32
_TAG_UNSAID: Final = 12
_PRIMITIVE: Final = 0x80
_CONSTRUCTED: Final = 0xA0


@dataclass(frozen=True, slots=True)
class EnvelopeHeader:
    """``recipients``: RecipientInfos (DER), as they stand. ``nonce``: GCM's, or CBC's
    initialisation vector. ``tag_bytes``: 0 for CBC."""

    kind: Kind
    recipients: tuple[bytes, ...]
    cipher: ContentCipher
    nonce: bytes
    tag_bytes: int

    def recipients_base64(self) -> list[str]:
        """As JSON carries them."""
        return [base64.b64encode(one).decode() for one in self.recipients]


@dataclass(frozen=True, slots=True)
class EnvelopeTail:
    """``size``: bytes of ciphertext. ``authenticated``: DER of the authenticated attributes, nothing where
    there are none (RFC 5083, section 2.2). ``tag``: empty for CBC."""

    size: int
    authenticated: bytes
    tag: bytes


def read_header(stream: BinaryIO) -> EnvelopeHeader:
    """The head of the envelope that begins at a seekable ``stream``'s place.

    Raises EnvelopeMalformed, EnvelopeUnsupported.
    """
    return EnvelopeReader(stream).header


class EnvelopeReader:
    """Reads the head at once; then ``pieces`` to its end, or ``skip``; then ``tail``."""

    def __init__(self, stream: BinaryIO) -> None:
        self._ber = BerReader(stream)
        self._ends: list[End] = []
        self.header = self._read_header()
        self._size = 0

    def pieces(self) -> Iterator[bytes]:
        """The ciphertext, at most CHUNK bytes at a time."""
        for length in self._lengths():
            left = length
            while left:
                piece = self._ber.read(min(left, CHUNK))
                left -= len(piece)
                yield piece

    def skip(self) -> None:
        """Pass by the ciphertext."""
        for length in self._lengths():
            self._ber.skip(length)

    def tail(self) -> EnvelopeTail:
        """What follows the ciphertext, to the end of the file. Raises EnvelopeMalformed."""
        self._leave()  # EncryptedContentInfo
        attributes, tag = b"", b""
        if self.header.kind is Kind.AUTH:
            if self._ber.look().tag == der.explicit(1):
                # It travels as [1], and what is authenticated is the SET that it is (RFC 5083, section 2.2).
                attributes = bytes((der.SET,)) + self._ber.element(_MAX_ATTRIBUTES)[1:]
            tag = self._ber.primitive(der.OCTET_STRING, TAG)
        self._pass_by(der.explicit(2 if self.header.kind is Kind.AUTH else 1))
        while self._ends:
            self._leave()
        self._ber.finish()
        self._check(tag)
        return EnvelopeTail(self._size, attributes, tag)

    def _check(self, tag: bytes) -> None:
        if len(tag) != self.header.tag_bytes:
            raise EnvelopeMalformed("the tag is not as long as was said")
        if self.header.kind is Kind.CBC and (self._size == 0 or self._size % BLOCK):
            raise EnvelopeMalformed("the ciphertext is no number of whole blocks")

    def _read_header(self) -> EnvelopeHeader:
        self._enter(der.SEQUENCE)
        named = self._ber.element(_MAX_OID)
        kind = next((one for one, oid in CONTENT_TYPES.items() if oid == named), None)
        if kind is None:
            raise EnvelopeUnsupported(f"the content type {named.hex()} is no envelope")
        self._enter(der.explicit(0))
        self._enter(der.SEQUENCE)
        if self._ber.primitive(der.INTEGER, 1) > b"\x04":
            raise EnvelopeUnsupported("an unknown version")
        self._pass_by(der.explicit(0))  # OriginatorInfo
        recipients = tuple(self._recipients())
        self._enter(der.SEQUENCE)
        self._ber.element(_MAX_OID)  # of what is inside; whoever opens it sees
        cipher = self._cipher(kind)
        nonce, tag = self._gcm() if kind is Kind.AUTH else (self._ber.primitive(der.OCTET_STRING, BLOCK), 0)
        self._leave()
        if kind is Kind.CBC and len(nonce) != BLOCK:
            raise EnvelopeMalformed("not an initialisation vector")
        return EnvelopeHeader(kind, recipients, cipher, nonce, tag)

    def _recipients(self) -> Iterator[bytes]:
        end = self._ber.enter(der.SET)
        for _ in range(MAX_RECIPIENTS):
            if self._ber.is_at(end):
                break
            yield self._ber.element(MAX_RECIPIENT)
        self._ber.leave(end)

    def _lengths(self) -> Iterator[int]:
        """Of each string of ciphertext: one, or those of which a constructed one is put together."""
        found = self._ber.look()
        if found.tag == _PRIMITIVE:
            yield self._counted(self._ber.begin(_PRIMITIVE))
            return
        end = self._ber.enter(_CONSTRUCTED)
        while not self._ber.is_at(end):
            yield self._counted(self._ber.begin(der.OCTET_STRING))
        self._ber.leave(end)

    def _counted(self, length: int) -> int:
        self._size += length
        return length

    def _cipher(self, kind: Kind) -> ContentCipher:
        """Steps into the AlgorithmIdentifier; its parameters come next."""
        self._enter(der.SEQUENCE)
        oid = self._ber.element(_MAX_OID)
        for cipher in CIPHERS[kind]:
            if cipher.oid == oid:
                return cipher
        raise EnvelopeUnsupported(f"the cipher {oid.hex()}")

    def _gcm(self) -> tuple[bytes, int]:
        """GCMParameters (RFC 5084, section 3.2): the nonce, and the length of the tag."""
        self._enter(der.SEQUENCE)
        nonce = self._ber.primitive(der.OCTET_STRING, 64)
        tag = _TAG_UNSAID
        if not self._ber.is_at(self._ends[-1]):
            tag = int.from_bytes(self._ber.primitive(der.INTEGER, 1), "big")
        self._leave()
        if not 8 <= len(nonce) <= 16 or not 12 <= tag <= TAG:
            raise EnvelopeUnsupported(f"a nonce of {len(nonce)} bytes and a tag of {tag}")
        return nonce, tag

    def _pass_by(self, tag: int) -> None:
        """An element that may be there and is not looked at."""
        if not self._ber.is_at(self._ends[-1]) and self._ber.look().tag == tag:
            self._ber.element(_MAX_ATTRIBUTES)

    def _enter(self, tag: int) -> None:
        self._ends.append(self._ber.enter(tag))

    def _leave(self) -> None:
        self._ber.leave(self._ends.pop())
