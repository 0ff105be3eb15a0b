"""OCSP over HTTP: POST with the request, GET with it in the address.

Plain ASGI endpoints: what is remembered is answered on the event loop, in less time than a routed call takes.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from concurrent.futures import ThreadPoolExecutor
from email.utils import format_datetime
from typing import Final

from fastapi import APIRouter
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response

from api.logs import log
from api.plain_routes import add_plain_route
from ca.ocsp import MAX_REQUEST, Answer, ErrorStatus, Responder, error_response
from hsm.errors import SealBridgeError

MEDIA_TYPE: Final = "application/ocsp-response"
_MALFORMED: Final = Answer(error_response(ErrorStatus.MALFORMED_REQUEST))
_TRY_LATER: Final = Answer(error_response(ErrorStatus.TRY_LATER))
# Of their own, so that a flood of nonces keeps nobody else waiting; and cheaper than the pool of the routes.
_threads: Final = ThreadPoolExecutor(8, thread_name_prefix="ocsp")


async def _post(request: Request) -> Response:
    return await _answered(request, await request.body())


async def _get(request: Request) -> Response:
    text: str = request.path_params["encoded"]
    try:
        asked = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return _response(_MALFORMED)
    return await _answered(request, asked)


async def _answered(request: Request, asked: bytes) -> Response:
    if len(asked) > MAX_REQUEST:
        return _response(_MALFORMED)
    responder: Responder = request.app.state.services.ocsp
    answer = responder.remembered(asked)
    if answer is None:
        try:
            answer = await asyncio.get_running_loop().run_in_executor(_threads, responder.answer, asked)
        except (SealBridgeError, SQLAlchemyError) as error:
            log.error("ocsp_failed", code=getattr(error, "code", type(error).__name__))
            answer = _TRY_LATER
    return _response(answer)


def _response(answer: Answer) -> Response:
    """With what caches need to know (RFC 5019, section 6.2)."""
    if answer.this_update is None or answer.next_update is None or not answer.cache_seconds:
        return Response(answer.der, media_type=MEDIA_TYPE)
    headers = {
        "cache-control": f"max-age={answer.cache_seconds}, public, no-transform, must-revalidate",
        "last-modified": format_datetime(answer.this_update, usegmt=True),
        "expires": format_datetime(answer.next_update, usegmt=True),
        "etag": f'"{hashlib.sha1(answer.der, usedforsecurity=False).hexdigest()}"',
    }
    return Response(answer.der, headers=headers, media_type=MEDIA_TYPE)


router = APIRouter()
add_plain_route(router, "/pki/ocsp", _post, "POST")
add_plain_route(router, "/pki/ocsp/{encoded:path}", _get, "GET")
