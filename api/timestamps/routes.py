"""The time stamp authority over HTTP (RFC 3161, section 3.4)."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.logs import log
from api.plain_routes import add_plain_route
from ca.timestamps import TimeStamper
from ca.timestamps.request import Failure
from ca.timestamps.response import refused
from hsm.errors import SealBridgeError

MEDIA_TYPE: Final = "application/timestamp-reply"


async def _stamp(request: Request) -> Response:
    stamper: TimeStamper = request.app.state.services.stamper
    answer = await run_in_threadpool(_answered, stamper, await request.body())
    return Response(answer, media_type=MEDIA_TYPE)


def _answered(stamper: TimeStamper, asked: bytes) -> bytes:
    try:
        return stamper.answer(asked)
    except (SealBridgeError, SQLAlchemyError) as error:
        log.error("time_stamp_failed", code=getattr(error, "code", type(error).__name__))
        return refused(Failure.SYSTEM_FAILURE, "no stamp can be made at this moment")


router = APIRouter()
add_plain_route(router, "/tsa", _stamp, "POST")
