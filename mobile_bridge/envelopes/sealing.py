"""Encrypting a file to certificates: one content key, one pass, memory that does not grow with the file."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from mobile_bridge.envelopes import der
from mobile_bridge.envelopes.errors import RecipientUnfit, SourceChanged, SourceTooLarge
from mobile_bridge.envelopes.forms import (
    BLOCK,
    CHUNK,
    CIPHERS,
    CONTENT_TYPES,
    DATA,
    MOST_GCM,
    NONCE,
    TAG,
    Kind,
)
from mobile_bridge.envelopes.hashing import HashingWriter
from mobile_bridge.envelopes.landing import landing
from mobile_bridge.envelopes.reading import MAX_RECIPIENTS
from mobile_bridge.envelopes.recipients import Recipient, recipient_info
from mobile_bridge.envelopes.signing import Frame, Signer, frame_of

Progress = Callable[[int, int], None]
"""Told bytes done and bytes in all, of the plain file."""

_ENCRYPTED: Final = 0x80
"""encryptedContent [0] IMPLICIT OCTET STRING."""


@dataclass(frozen=True, slots=True)
class SealedFile:
    """An envelope that was written. ``sha256`` (hexadecimal) and ``size`` (bytes) are the envelope's.

    ``recipient_infos``: DER, in the order of the recipients. ``content_key``: 32 bytes; keep it nowhere.
    """

    sha256: str
    size: int
    content_key: bytes = field(repr=False)
    recipient_infos: tuple[bytes, ...] = field(repr=False)


def seal_file(
    source: Path,
    target: Path,
    recipients: Sequence[Recipient],
    *,
    kind: Kind = Kind.AUTH,
    signer: Signer | None = None,
    progress: Progress | None = None,
) -> SealedFile:
    """Encrypt ``source`` into ``target``, which appears when it is whole; DER, lengths definite.

    ``signer``: signs what is inside; ``open_signed`` takes it out again.

    Raises RecipientUnfit, SourceChanged, SourceTooLarge, OSError.
    """
    key = secrets.token_bytes(CIPHERS[kind][0].key_bytes)
    if not 1 <= len(recipients) <= MAX_RECIPIENTS:
        raise RecipientUnfit(f"{len(recipients)} recipients")
    infos = tuple(recipient_info(one, key) for one in recipients)
    frame = Frame() if signer is None else frame_of(source, signer)
    with source.open("rb", buffering=0) as plain, landing(target) as file:
        writer = HashingWriter(file)
        with writer:
            _write(plain, frame, writer, infos, _ciphering(kind, key), progress)
        return SealedFile(writer.sha256, writer.size, key, infos)


@dataclass(frozen=True, slots=True)
class _Ciphering:
    """A cipher at work. ``cipher``: cryptography's, that of CBC with its padder before it."""

    kind: Kind
    nonce: bytes
    cipher: Any
    padder: Any

    def length(self, plain: int) -> int:
        """Of the ciphertext."""
        return plain if self.kind is Kind.AUTH else plain + BLOCK - plain % BLOCK

    def update(self, data: bytes) -> bytes:
        return bytes(self.cipher.update(data if self.padder is None else self.padder.update(data)))

    def last(self) -> bytes:
        rest = b"" if self.padder is None else self.cipher.update(self.padder.finalize())
        return bytes(rest + self.cipher.finalize())

    def algorithm(self) -> bytes:
        """contentEncryptionAlgorithm: GCMParameters by RFC 5084, the vector of RFC 3565."""
        nonce = der.tlv(der.OCTET_STRING, self.nonce)
        parameters = nonce if self.kind is Kind.CBC else der.tlv(der.SEQUENCE, nonce, der.integer(TAG))
        return der.tlv(der.SEQUENCE, CIPHERS[self.kind][0].oid, parameters)

    def tail(self) -> bytes:
        """What follows the ciphertext: the tag."""
        return b"" if self.kind is Kind.CBC else der.tlv(der.OCTET_STRING, self.cipher.tag)

    @property
    def tail_length(self) -> int:
        return 0 if self.kind is Kind.CBC else TAG + 2


def _ciphering(kind: Kind, key: bytes) -> _Ciphering:
    nonce = secrets.token_bytes(NONCE if kind is Kind.AUTH else BLOCK)
    mode = modes.GCM(nonce) if kind is Kind.AUTH else modes.CBC(nonce)
    cipher = Cipher(algorithms.AES(key), mode).encryptor()
    return _Ciphering(kind, nonce, cipher, None if kind is Kind.AUTH else PKCS7(BLOCK * 8).padder())


def _write(
    plain: BinaryIO,
    frame: Frame,
    writer: HashingWriter,
    infos: tuple[bytes, ...],
    ciphering: _Ciphering,
    progress: Progress | None,
) -> None:
    size = os.fstat(plain.fileno()).st_size
    inside = len(frame.before) + size + len(frame.after)
    if inside > MOST_GCM:
        raise SourceTooLarge(f"{inside} bytes")
    writer.write(_before(infos, ciphering, inside))
    writer.write(ciphering.update(frame.before))
    for piece in _pieces(plain, size, frame, progress):
        writer.write(ciphering.update(piece))
    writer.write(ciphering.update(frame.after))
    writer.write(ciphering.last())
    writer.write(ciphering.tail())


def _pieces(plain: BinaryIO, size: int, frame: Frame, progress: Progress | None) -> Iterator[bytes]:
    """The file; what was signed before must be what is encrypted now."""
    done, digest = 0, hashlib.sha256()
    while piece := plain.read(CHUNK):
        done += len(piece)
        if done > size:
            break
        if frame.sha256:
            digest.update(piece)
        yield piece
        if progress is not None:
            progress(done, size)
    if done != size or (frame.sha256 and digest.digest() != frame.sha256):
        raise SourceChanged(f"{done} bytes came of {size}")


def _before(infos: tuple[bytes, ...], ciphering: _Ciphering, size: int) -> bytes:
    """All that stands before the ciphertext, the lengths of everything around it reckoned from inside out."""
    encrypted = ciphering.length(size)
    inner = DATA + ciphering.algorithm() + der.head(_ENCRYPTED, encrypted)
    info = der.head(der.SEQUENCE, len(inner) + encrypted) + inner
    # RFC 5083, section 2.1: 0. RFC 5652, section 6.1: 0 only if all recipients are key transport by issuer.
    agreed = any(one[0] == der.explicit(1) for one in infos)
    version = der.integer(2 if agreed and ciphering.kind is Kind.CBC else 0)
    body = version + der.tlv(der.SET, *sorted(infos)) + info
    after = encrypted + ciphering.tail_length
    envelope = der.head(der.SEQUENCE, len(body) + after) + body
    content = CONTENT_TYPES[ciphering.kind] + der.head(der.explicit(0), len(envelope) + after) + envelope
    return der.head(der.SEQUENCE, len(content) + after) + content
