"""Time stamps in signatures and documents, from whoever answers a TimeStampReq (RFC 3161).

answer = stamper.answer                     # our own (ca.timestamps), or a call of another authority's
cms = with_time_stamp(cms, answer)          # CAdES and PAdES B-T: this signature was there at that time
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from typing import Final

from asn1crypto import cms, tsp
from pyhanko.sign.timestamps import TimeStamper

from ca import der
from ca.der import Element
from ca.documents.errors import TimeStampMissing
from ca.signed_data import attribute, explicit, set_of

Answer = Callable[[bytes], bytes]
"""The TimeStampResp to a TimeStampReq, both DER. Blocks; raises what its way of asking raises."""

ROOM: Final = 8 * 1024
"""Bytes that a token with its certificates takes at most."""
DIGEST: Final = "sha256"
_SHA256: Final = der.identifier("2.16.840.1.101.3.4.2.1")
_STAMP: Final = der.identifier("1.2.840.113549.1.9.16.2.14")
_UNSIGNED: Final = 0xA1
_GRANTED: Final = (0, 1)  # granted, and granted with changes (RFC 3161, section 2.4.2)
_NONCE_BITS: Final = 127


class Asking(TimeStamper):
    """pyHanko's time stamper over an ``Answer``."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._answer = answer

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """A token over a SHA-256. Not asynchronous at all: who stamps documents is in a thread of their own.

        Raises TimeStampMissing.
        """
        return cms.ContentInfo.load(_token(message_digest, self._answer))

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Is not used."""
        raise NotImplementedError


def token_over(data: bytes, answer: Answer) -> bytes:
    """A TimeStampToken over ``data``, DER. Raises TimeStampMissing."""
    return _token(hashlib.sha256(data).digest(), answer)


def with_time_stamp(signature: bytes, answer: Answer) -> bytes:
    """A CMS of one signer (as ``sign_cms`` makes it) with a time stamp over its signature (ETSI EN 319 122-1,
    5.3; RFC 5652, 11.3).

    Raises TimeStampMissing; Malformed (a ValueError) for another CMS.
    """
    kind, content = der.read(signature).children()
    (signed,) = content.children()
    *before, signers = signed.children()
    (signer,) = signers.children()
    *_, value = signer.children()
    if value.tag != der.OCTET_STRING:
        raise der.Malformed("the signature has a time stamp already")
    token = token_over(value.content, answer)
    stamped = der.sequence(signer.content, der.element(_UNSIGNED, attribute(_STAMP, token)))
    inside = der.sequence(*(one.whole for one in before), set_of(stamped))
    return der.sequence(kind.whole, explicit(inside))


def _token(digest: bytes, answer: Answer) -> bytes:
    """Ask, and check that the token is over this digest and for this question."""
    nonce = der.integer(secrets.randbits(_NONCE_BITS))
    imprint = der.sequence(der.sequence(_SHA256), der.octets(digest))
    asked = der.sequence(der.integer(1), imprint, nonce, der.element(der.BOOLEAN, b"\xff"))
    try:
        token = _granted(der.read(answer(asked)))
        _version, _policy, said, *others = _stamped(token).children()
        algorithm, stamped = said.children()
        name, *_ = algorithm.children()
    except (ValueError, OSError) as error:  # Malformed is a ValueError
        raise TimeStampMissing(f"no time stamp: {error}") from error
    if (name.whole, stamped.content) != (_SHA256, digest):
        raise TimeStampMissing("the authority stamped something else")
    if nonce not in [one.whole for one in others]:
        raise TimeStampMissing("the answer is to another question")
    return token.whole


def _granted(response: Element) -> Element:
    """The token of a TimeStampResp. Raises TimeStampMissing, ValueError."""
    status, *token = response.children()
    number, *said = status.children()
    if number.number() not in _GRANTED or not token:
        words = b" ".join(text.content for one in said[:1] for text in one.children())
        raise TimeStampMissing(f"refused with status {number.number()}: {words.decode(errors='replace')}")
    return token[0]


def _stamped(token: Element) -> Element:
    """The TSTInfo in a TimeStampToken. Raises ValueError."""
    _kind, content = token.children()
    (signed,) = content.children()
    _version, _digests, encapsulated, *_ = signed.children()
    _type, wrapped = encapsulated.children()
    (octets,) = wrapped.children()
    return der.read(octets.content)
