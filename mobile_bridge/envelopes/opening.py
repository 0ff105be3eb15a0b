"""Opening an envelope into a file that appears only when all of it has proved true."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from mobile_bridge.envelopes.errors import EnvelopeNotOpened, EnvelopeUnsupported
from mobile_bridge.envelopes.forms import BLOCK, CHUNK, MOST_GCM, Kind
from mobile_bridge.envelopes.landing import landing
from mobile_bridge.envelopes.reading import EnvelopeHeader, EnvelopeReader, EnvelopeTail
from mobile_bridge.envelopes.sealing import Progress


def open_file(source: Path, content_key: bytes, target: Path, progress: Progress | None = None) -> int:
    """Decrypt ``source`` into ``target``; the bytes of it. Nothing is at ``target`` before tag or padding and
    every length hold, and nothing of it elsewhere after a failure.

    Raises EnvelopeMalformed, EnvelopeUnsupported, EnvelopeNotOpened, OSError.
    """
    with source.open("rb") as stream:
        check = _looked_over(stream)
        with landing(target) as file:
            return _decrypt(stream, content_key, check, file, progress)


def open_bytes(envelope: bytes, content_key: bytes) -> bytes:
    """The same for an envelope that is small enough for memory."""
    stream, plain = io.BytesIO(envelope), io.BytesIO()
    _decrypt(stream, content_key, _looked_over(stream), plain, None)
    return plain.getvalue()


def check_envelope(stream: BinaryIO) -> EnvelopeHeader:
    """Whether the structure holds from the first byte to the last; no key is needed.

    Raises EnvelopeMalformed, EnvelopeUnsupported.
    """
    reader = EnvelopeReader(stream)
    reader.skip()
    reader.tail()
    return reader.header


def _looked_over(stream: BinaryIO) -> EnvelopeTail:
    """The tail, and the stream back at its beginning: what is authenticated first stands last (RFC 5083)."""
    start = stream.tell()
    reader = EnvelopeReader(stream)
    reader.skip()
    tail = reader.tail()
    stream.seek(start)
    if tail.size > MOST_GCM:
        raise EnvelopeUnsupported(f"{tail.size} bytes")
    return tail


def _decrypt(
    stream: BinaryIO, key: bytes, tail: EnvelopeTail, file: BinaryIO, progress: Progress | None
) -> int:
    reader = EnvelopeReader(stream)
    header = reader.header
    if len(key) != header.cipher.key_bytes:
        raise EnvelopeNotOpened(f"a key of {len(key)} bytes for {header.cipher.name}")
    done = written = 0
    try:
        cipher, unpadder = _deciphering(header, key, tail)
        for piece in _gathered(reader.pieces()):
            written += file.write(_through(unpadder, cipher.update(piece)))
            done += len(piece)
            if progress is not None:
                progress(done, tail.size)
        written += file.write(_last(unpadder, cipher.finalize()))
    except (InvalidTag, ValueError) as error:
        raise EnvelopeNotOpened("tag or padding does not hold") from error
    if reader.tail() != tail:
        raise EnvelopeNotOpened("the file was changed while it was read")
    return written


def _deciphering(header: EnvelopeHeader, key: bytes, tail: EnvelopeTail) -> tuple[Any, Any]:
    if header.kind is Kind.CBC:
        cipher: Any = Cipher(algorithms.AES(key), modes.CBC(header.nonce)).decryptor()
        return cipher, PKCS7(BLOCK * 8).unpadder()
    mode = modes.GCM(header.nonce, tail.tag, min_tag_length=header.tag_bytes)
    cipher = Cipher(algorithms.AES(key), mode).decryptor()
    cipher.authenticate_additional_data(tail.authenticated)
    return cipher, None


def _through(unpadder: Any, data: bytes) -> bytes:
    return data if unpadder is None else bytes(unpadder.update(data))


def _last(unpadder: Any, data: bytes) -> bytes:
    return data if unpadder is None else bytes(unpadder.update(data) + unpadder.finalize())


def _gathered(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The small strings of a streamed envelope, put together: ciphers and disks like long ones better."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= CHUNK:
            yield waiting[0] if len(waiting) == 1 else b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)
