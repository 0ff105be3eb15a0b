"""Reading a TimeStampReq (RFC 3161, section 2.4.1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from ca import der
from ca.der import Element, Malformed

MAX_REQUEST: Final = 4096

# SHA-1 is left out on purpose: what it stamps could be exchanged.
_DIGESTS: Final = {
    der.identifier("2.16.840.1.101.3.4.2.1"): 32,
    der.identifier("2.16.840.1.101.3.4.2.2"): 48,
    der.identifier("2.16.840.1.101.3.4.2.3"): 64,
}
_EXTENSIONS: Final = 0xA0
_MAX_NONCE: Final = 64
_BOOLEANS: Final = {b"\x00": False, b"\xff": True}
_NO_PARAMETERS: Final = (b"", der.element(der.NULL, b""))


class Failure(IntEnum):
    """Why there is no stamp: the bit of PKIFailureInfo."""

    BAD_ALGORITHM = 0
    BAD_REQUEST = 2
    BAD_DATA_FORMAT = 5
    TIME_NOT_AVAILABLE = 14
    UNACCEPTED_POLICY = 15
    UNACCEPTED_EXTENSION = 16
    SYSTEM_FAILURE = 25


class StampRefused(Exception):
    """A request that gets no stamp."""

    def __init__(self, failure: Failure, reason: str) -> None:
        super().__init__(reason)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class StampRequest:
    """``imprint``: the MessageImprint, DER. ``policy``: the OID, DER, None for ours. ``nonce``: the INTEGER,
    DER, empty where there is none."""

    imprint: bytes
    policy: bytes | None
    nonce: bytes
    wants_certificates: bool


def read_request(content: bytes) -> StampRequest:
    """A request in DER. Raises StampRefused."""
    if len(content) > MAX_REQUEST:
        raise StampRefused(Failure.BAD_DATA_FORMAT, f"longer than {MAX_REQUEST} bytes")
    try:
        return _request(der.read(content))
    except Malformed as error:
        raise StampRefused(Failure.BAD_DATA_FORMAT, str(error)) from None


def _request(whole: Element) -> StampRequest:
    if whole.tag != der.SEQUENCE:
        raise Malformed("a SEQUENCE is expected")
    parts = whole.children()
    if len(parts) < 2 or parts[0].tag != der.INTEGER or parts[1].tag != der.SEQUENCE:
        raise Malformed("version and messageImprint are expected")
    if parts[0].number() != 1:
        raise StampRefused(Failure.BAD_REQUEST, "version 1 is expected")
    _check_imprint(parts[1])
    optional = _in_order(parts[2:], (der.OBJECT_IDENTIFIER, der.INTEGER, der.BOOLEAN, _EXTENSIONS))
    if _EXTENSIONS in optional:
        raise StampRefused(Failure.UNACCEPTED_EXTENSION, "no extension is known here")
    policy, nonce = optional.get(der.OBJECT_IDENTIFIER), optional.get(der.INTEGER)
    return StampRequest(
        imprint=parts[1].whole,
        policy=None if policy is None else policy.whole,
        nonce=b"" if nonce is None else _nonce(nonce),
        wants_certificates=_boolean(optional.get(der.BOOLEAN)),
    )


def _in_order(parts: list[Element], tags: tuple[int, ...]) -> dict[int, Element]:
    """Optional elements by their tag; each once, in the order of ``tags``."""
    found: dict[int, Element] = {}
    at = 0
    for part in parts:
        if part.tag not in tags[at:]:
            raise Malformed("an element that is not expected here")
        found[part.tag] = part
        at = tags.index(part.tag) + 1
    return found


def _check_imprint(imprint: Element) -> None:
    match imprint.children():
        case [algorithm, digest] if algorithm.tag == der.SEQUENCE and digest.tag == der.OCTET_STRING:
            pass
        case _:
            raise Malformed("messageImprint: algorithm and digest are expected")
    match algorithm.children():
        case [name, *parameters] if name.tag == der.OBJECT_IDENTIFIER:
            pass
        case _:
            raise Malformed("an algorithm is expected")
    length = _DIGESTS.get(name.whole)
    if length is None or b"".join(one.whole for one in parameters) not in _NO_PARAMETERS:
        raise StampRefused(Failure.BAD_ALGORITHM, "SHA-256, SHA-384 or SHA-512 is expected")
    if len(digest.content) != length:
        raise StampRefused(Failure.BAD_DATA_FORMAT, "the digest is not as long as its algorithm makes it")


def _nonce(nonce: Element) -> bytes:
    content = nonce.content
    if not 1 <= len(content) <= _MAX_NONCE:
        raise Malformed(f"a nonce of 1 to {_MAX_NONCE} octets is expected")
    if len(content) > 1 and content[0] in (0x00, 0xFF) and (content[0] ^ content[1]) < 0x80:
        raise Malformed("a number in its shortest form is expected")
    return nonce.whole


def _boolean(asked: Element | None) -> bool:
    if asked is None:
        return False
    try:
        return _BOOLEANS[asked.content]
    except KeyError:
        raise Malformed("a BOOLEAN is expected") from None
