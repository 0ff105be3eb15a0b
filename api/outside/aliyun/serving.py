"""A sandbox of Alibaba Cloud at its address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import anyio.to_thread
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from api.outside.aliyun.gate import SignedRequest

_THREADS: Final = 4


def sandbox_router(path: str, answer: Callable[[SignedRequest], tuple[int, dict[str, Any]]]) -> APIRouter:
    """Where the adapters call in development. ``answer``: HTTP status and JSON of a call.

    It has threads of its own: the server calls itself here, and waits for the answer in the ones it has.
    """
    routes = APIRouter(include_in_schema=False)
    limiter = anyio.CapacityLimiter(_THREADS)

    @routes.post(path)
    async def answered(request: Request) -> JSONResponse:
        """Whatever the call's action is."""
        arrived = SignedRequest(
            request.method,
            request.url.path,
            dict(request.query_params),
            dict(request.headers),
            await request.body(),
        )
        status, told = await anyio.to_thread.run_sync(answer, arrived, limiter=limiter)
        return JSONResponse(told, status)

    return routes
