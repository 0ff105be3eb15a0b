"""From the octets of a request to an HTTP response, without a router between them."""

from __future__ import annotations

import base64
import binascii
import hashlib
from email.utils import format_datetime
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from starlette.types import Send

from api.logs import log
from api.ocsp.workers import Workers
from ca.ocsp import MAX_REQUEST, Answer, ErrorStatus, Responder, error_response
from hsm.errors import SealBridgeError

MEDIA_TYPE: Final = b"application/ocsp-response"
_MALFORMED: Final = Answer(error_response(ErrorStatus.MALFORMED_REQUEST))
_TRY_LATER: Final = Answer(error_response(ErrorStatus.TRY_LATER))
_THREADS: Final = 8  # of their own, so that a flood of nonces keeps nobody else waiting


class Answering:
    """Answers from memory on the event loop, everything else on threads."""

    def __init__(self, responder: Responder) -> None:
        self._responder = responder
        self._workers = Workers(responder.answer, _THREADS, "ocsp")

    async def answered_encoded(self, text: str, send: Send) -> None:
        """Answer what a GET has in its address (RFC 6960, appendix A.1)."""
        try:
            asked = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        except (binascii.Error, ValueError):
            asked = b""  # which is no request either
        await self.answered(asked, send)

    async def answered(self, asked: bytes, send: Send) -> None:
        """Answer a request, an error response included: none of them is an error of HTTP."""
        answer = await self._answer(asked)
        headers = [
            (b"content-type", MEDIA_TYPE),
            (b"content-length", b"%d" % len(answer.der)),
            *_for_caches(answer),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer.der})

    async def _answer(self, asked: bytes) -> Answer:
        if not 0 < len(asked) <= MAX_REQUEST:
            return _MALFORMED
        if (known := self._responder.remembered(asked)) is not None:
            return known
        try:
            return await self._workers.told(asked)
        except (SealBridgeError, SQLAlchemyError) as error:
            log.error("ocsp_failed", code=getattr(error, "code", type(error).__name__))
            return _TRY_LATER


def _for_caches(answer: Answer) -> list[tuple[bytes, bytes]]:
    """What caches need to know (RFC 5019, section 6.2)."""
    if answer.this_update is None or answer.next_update is None or not answer.cache_seconds:
        return []
    tag = hashlib.sha1(answer.der, usedforsecurity=False).hexdigest()
    return [
        (b"cache-control", b"max-age=%d, public, no-transform, must-revalidate" % answer.cache_seconds),
        (b"last-modified", format_datetime(answer.this_update, usegmt=True).encode()),
        (b"expires", format_datetime(answer.next_update, usegmt=True).encode()),
        (b"etag", f'"{tag}"'.encode()),
    ]
