"""``Idempotency-Key`` around the whole application: a call that is sent again is done once.

Bodies are never held back or kept: they pass through an HMAC on their way to the route. Answers are held
until they are kept, so that whoever has seen one finds it again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import AppError
from api.idempotency.calls import Answer, Begun, Calls, Kept
from api.idempotency.errors import AnswerNotKept, KeyReused, RequestInProgress
from api.idempotency.fingerprint import Fingerprint
from api.idempotency.rules import LEASE, MOST_BYTES, check_key, is_kept
from api.problems import problem

NEVER_KEPT: Final[dict[str, Any]] = {"x-answer-never-kept": True}
"""For ``openapi_extra`` of a route whose answers hold a secret that no name of a field betrays."""

UNSAFE: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_HEADERS: Final = ("content-type", "content-disposition", "location", "etag")
_RENEW_SECONDS: Final = LEASE.total_seconds() / 4
_RETRY_SECONDS: Final = "2"

CallerOf = Callable[[str], str | None]
"""Who has this bearer token, as ``person:7`` or ``operator:3``; None for nobody."""


class Idempotency:
    """Wraps an ASGI application. A call without the header, or by nobody in particular, passes as it is."""

    def __init__(self, app: ASGIApp, calls: Calls, caller_of: CallerOf) -> None:
        self._app = app
        self._calls = calls
        self._caller_of = caller_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        caller = await self._caller(scope)
        if caller is None:
            await self._app(scope, receive, send)
            return
        try:
            key = check_key(Headers(scope=scope)["idempotency-key"])
            begun = await run_in_threadpool(self._calls.begin, caller, key)
            if isinstance(begun, Kept):
                await self._again(begun, scope, receive, send)
                return
        except AppError as refused:
            response = problem(refused)
            if isinstance(refused, RequestInProgress):
                response.headers["retry-after"] = _RETRY_SECONDS
            await response(scope, receive, send)
            return
        await _Serving(self._calls, begun, self._fingerprint(scope), scope, receive, send).run(self._app)

    async def _caller(self, scope: Scope) -> str | None:
        if scope["type"] != "http" or scope["method"] not in UNSAFE or not scope["path"].startswith("/v1/"):
            return None
        headers = Headers(scope=scope)
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if "idempotency-key" not in headers or scheme.lower() != "bearer" or not token:
            return None
        return await run_in_threadpool(self._caller_of, token.strip())

    def _fingerprint(self, scope: Scope) -> Fingerprint:
        target = scope["path"] + "?" + scope["query_string"].decode("latin-1")
        return self._calls.fingerprint(scope["method"], target, Headers(scope=scope).get("content-type", ""))

    async def _again(self, kept: Kept, scope: Scope, receive: Receive, send: Send) -> None:
        fingerprint, more = self._fingerprint(scope), True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            fingerprint.update(message.get("body", b""))
            more = message.get("more_body", False)
        if fingerprint.hexdigest() != kept.fingerprint:
            raise KeyReused("the key was given to a call with another address or body")
        if kept.answer.body is None:
            raise AnswerNotKept("the call was done; its answer was too large to be kept")
        headers = [*kept.answer.headers.items(), ("idempotent-replayed", "true")]
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        raw.append((b"content-length", str(len(kept.answer.body)).encode()))
        await send({"type": "http.response.start", "status": kept.answer.status, "headers": raw})
        await send({"type": "http.response.body", "body": kept.answer.body})


class _Serving:
    """The first call with a key."""

    def __init__(
        self,
        calls: Calls,
        begun: Begun,
        fingerprint: Fingerprint,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        self._calls, self._begun, self._fingerprint = calls, begun, fingerprint
        self._scope, self._receive, self._send = scope, receive, send
        self._is_received = False
        self._start: Message = {}
        self._body: bytearray | None = bytearray()
        self._is_settled = False

    async def run(self, app: ASGIApp) -> None:
        renewing = asyncio.create_task(self._renew())
        try:
            await app(self._scope, self._receiving, self._sending)
        finally:
            renewing.cancel()
            if not self._is_settled:  # it failed, or the client went away before it was done
                await run_in_threadpool(self._calls.release, self._begun)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(_RENEW_SECONDS)
            await run_in_threadpool(self._calls.renew, self._begun)

    async def _receiving(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._fingerprint.update(message.get("body", b""))
            self._is_received = not message.get("more_body", False)
        return message

    async def _sending(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        if self._body is None:
            await self._settle_if_last(message)
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if len(self._body) > MOST_BYTES:
            held, self._body = bytes(self._body), None
            await self._settle_if_last(message)
            await self._send(self._start)
            await self._send({**message, "body": held})
        elif not message.get("more_body", False):
            await self._settle(bytes(self._body))
            await self._send(self._start)
            await self._send({"type": "http.response.body", "body": bytes(self._body)})

    async def _settle_if_last(self, message: Message) -> None:
        if not message.get("more_body", False):
            await self._settle(None)

    async def _settle(self, body: bytes | None) -> None:
        self._is_settled = True
        headers = Headers(raw=self._start["headers"])
        status = int(self._start["status"])
        told = {name: headers[name] for name in _HEADERS if name in headers}
        wanted = not self._is_secret() and is_kept(status, told.get("content-type", ""), body or b"")
        if wanted and await self._is_whole():
            answer = Answer(status, told, body)
            digest = self._fingerprint.hexdigest()
            await run_in_threadpool(self._calls.keep, self._begun, digest, answer)
        else:
            await run_in_threadpool(self._calls.release, self._begun)

    def _is_secret(self) -> bool:
        extra = getattr(self._scope.get("route"), "openapi_extra", None) or {}
        return bool(extra.get("x-answer-never-kept"))

    async def _is_whole(self) -> bool:
        """Whether the whole body is known; what the route did not read of it is read now."""
        with suppress(AppError):  # too large
            while not self._is_received:
                if (await self._receiving())["type"] == "http.disconnect":
                    break
        return self._is_received
