"""The waiting page's side: long poll, Server-Sent Events, and the QR code as a picture."""

from __future__ import annotations

import asyncio
import io
import random
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from typing import Annotated, Any, Final

import qrcode
from fastapi import APIRouter, Depends, Header, Query
from qrcode.image.svg import SvgPathImage
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from mobile_bridge.errors import BridgeError, SessionClaimed, WaitTokenRefused
from mobile_bridge.server.refusals import why_closed
from mobile_bridge.server.rules import FINAL, Status
from mobile_bridge.server.scans.model import Standing
from mobile_bridge.server.scans.telling import FRESH_SECONDS, ScanState, as_json, now_shown, told
from mobile_bridge.server.scans.waiting import WaitingRoom, Watched

PREFIX: Final = "/scan/v1/sessions/"
"""Every address here is this and the id of a session."""

LONGEST_POLL: Final = 25.0
"""Seconds; proxies end what is silent for longer."""

HEARTBEAT: Final = 10.0
"""Seconds after which a stream says something, so that neither a proxy nor the page takes it for dead."""

_SCHEME: Final = "bearer "
_EVENTS: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"text/event-stream": {}}}}
_SVG: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"image/svg+xml": {}}}}


async def _bearer(authorization: Annotated[str, Header()] = "") -> str:
    if authorization[: len(_SCHEME)].lower() != _SCHEME:
        raise WaitTokenRefused("no bearer token")
    return authorization[len(_SCHEME) :].strip()


WaitToken = Annotated[str, Depends(_bearer)]


def router(room: WaitingRoom) -> APIRouter:
    """The routes under PREFIX. Handlers are coroutines: whoever waits has no thread."""
    routes = APIRouter(prefix=PREFIX.rstrip("/"), tags=["扫码等待"])

    @routes.get("/{session_id}", response_model=ScanState)
    async def wait(
        request: Request, session_id: str, token: WaitToken, after: Annotated[int, Query(ge=0)] = 0
    ) -> Response:
        """等待扫码: where a session stands once it is newer than `after`, by long poll.

        Answers after 25 seconds at the latest; before the claim after 5, with the QR codes to show until
        after the next answer, one a second. What has ended is told at once.
        """
        async with room.seat(session_id, token, request.headers.get("origin")) as watched:
            if watched.standing.version <= after and not watched.is_over:
                await _unless_gone(request, room.newer(watched, after, _patience(watched.standing)))
            return Response(_told(room, watched.standing), media_type="application/json")

    @routes.get("/{session_id}/events", response_class=Response, responses=_EVENTS)
    async def watch(request: Request, session_id: str, token: WaitToken) -> Response:
        """订阅扫码状态: Server-Sent Events named `state`, on every change until the end.

        Before the claim also every 5 seconds, with the next QR codes. The data is that of the long poll.
        """
        asked = (session_id, token, request.headers.get("origin"))
        async with room.seat(*asked):
            pass  # refused before the answer begins; the seat itself is the stream's

        async def events() -> AsyncIterator[str]:
            with suppress(BridgeError):  # another took the last seat meanwhile
                async with room.seat(*asked) as watched:
                    async for one in _events(room, watched):
                        yield one

        return StreamingResponse(
            events(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
        )

    @routes.get("/{session_id}/qr.svg", response_class=Response, responses=_SVG)
    async def qr_picture(request: Request, session_id: str, token: WaitToken) -> Response:
        """二维码图片: the QR code of this second, as SVG, for pages that do not draw it themselves."""
        async with room.seat(session_id, token, request.headers.get("origin")) as watched:
            standing = watched.standing
        if standing.status is Status.CLAIMED:
            raise SessionClaimed("a phone has the session")
        if standing.status is not Status.CREATED:
            raise why_closed(standing)
        text = now_shown(standing, room.frames, room.clock())
        return Response(await asyncio.to_thread(_drawn, text), media_type="image/svg+xml")

    return routes


async def _events(room: WaitingRoom, watched: Watched) -> AsyncIterator[str]:
    standing = watched.standing
    while True:
        yield f"event: state\nid: {standing.version}\ndata: {_told(room, standing)}\n\n"
        if standing.status in FINAL:
            return
        before, shows_codes = standing, standing.status is Status.CREATED
        patience = FRESH_SECONDS * _spread() if shows_codes else HEARTBEAT
        standing = await room.newer(watched, before.version, patience)
        while standing is before and not shows_codes and not room.is_closed:
            yield ": waiting\n\n"
            standing = await room.newer(watched, before.version, HEARTBEAT)
        if room.is_closed and standing is before:
            return  # the page comes back, to a server that stays


def _spread() -> float:
    """A part of a pause: pages that came at once, after a restart, do not all get fresh codes at once."""
    return random.uniform(0.8, 1.0)  # noqa: S311 - no secret


def _patience(standing: Standing) -> float:
    return FRESH_SECONDS if standing.status is Status.CREATED else LONGEST_POLL


def _told(room: WaitingRoom, standing: Standing) -> str:
    return as_json(told(standing, room.frames, room.clock()))


async def _unless_gone(request: Request, waiting: Coroutine[Any, Any, object]) -> None:
    """Wait, but no longer than the caller is there."""
    answer, gone = asyncio.ensure_future(waiting), asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({answer, gone}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (answer, gone):
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await task


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _drawn(text: str) -> bytes:
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4)
    code.add_data(text)
    drawn = io.BytesIO()
    code.make_image(image_factory=SvgPathImage).save(drawn)
    return drawn.getvalue()
