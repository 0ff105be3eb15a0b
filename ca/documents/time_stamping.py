"""Time stamps in signatures and documents, from whoever answers a TimeStampReq (RFC 3161).

answer = stamper.answer                     # our own (ca.timestamps), or a call of another authority's
cms = with_time_stamp(cms, answer)          # CAdES and PAdES B-T: this signature was there at that time
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from typing import Final

from asn1crypto import cms, tsp
from pyhanko.sign.timestamps import TimeStamper, TimestampRequestError

from ca import der
from ca.documents.errors import TimeStampMissing
from ca.signed_data import attribute, explicit, set_of

Answer = Callable[[bytes], bytes]
"""The TimeStampResp to a TimeStampReq, both DER. Blocks; raises what its way of asking raises."""

ROOM: Final = 8 * 1024
"""Bytes that a token with its certificates takes at most."""
DIGEST: Final = "sha256"
_STAMP: Final = der.identifier("1.2.840.113549.1.9.16.2.14")
_UNSIGNED: Final = 0xA1


class Asking(TimeStamper):
    """pyHanko's time stamper over an ``Answer``."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._answer = answer

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Ask. Not asynchronous at all: who stamps documents is in a thread of their own."""
        return tsp.TimeStampResp.load(self._answer(req.dump()), strict=True)

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """A token over a digest; its nonce and imprint are checked. Raises TimeStampMissing."""
        try:
            token = await super().async_timestamp(message_digest, md_algorithm)
            info = token["content"]["encap_content_info"]["content"].parsed
            stamped = info["message_imprint"]["hashed_message"].native
        except (TimestampRequestError, OSError, ValueError, TypeError, KeyError) as error:
            raise TimeStampMissing(f"no time stamp: {error}") from error
        if stamped != message_digest:
            raise TimeStampMissing("the authority stamped something else")
        return token


def token_over(data: bytes, answer: Answer) -> cms.ContentInfo:
    """A TimeStampToken over ``data``. Raises TimeStampMissing."""
    return asyncio.run(Asking(answer).async_timestamp(hashlib.sha256(data).digest(), DIGEST))


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
    token = token_over(value.content, answer).dump()
    stamped = der.sequence(signer.content, der.element(_UNSIGNED, attribute(_STAMP, token)))
    inside = der.sequence(*(one.whole for one in before), set_of(stamped))
    return der.sequence(kind.whole, explicit(inside))
