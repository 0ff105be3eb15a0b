"""Calls of the service's own HTTP API in the same process, over no network."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import httpx
from starlette.types import ASGIApp

_BASE: Final = "http://sealbridge.internal"  # of no importance: nothing is resolved or connected to


class Refused(Exception):
    """A problem (RFC 9457) that a call was answered with."""

    def __init__(self, problem: Mapping[str, Any], status: int) -> None:
        super().__init__(problem.get("detail", ""))
        self.code = str(problem.get("code", ""))
        self.message = str(problem.get("message", "操作没有成功，请稍后再试"))
        self.facts = dict(problem)
        self.status = status


class Api:
    """Calls in the name of one session. ``token``: None before the sign-in. ``address``: the browser's."""

    def __init__(self, app: ASGIApp, token: str | None, address: str) -> None:
        self._app = app
        self._token = token
        self._address = address

    async def get(self, path: str, **query: str | int | None) -> Any:
        """The JSON at ``path``. Raises Refused."""
        given = {name: value for name, value in query.items() if value is not None}
        return (await self.answer("GET", path, params=given)).json()

    async def content(self, path: str) -> httpx.Response:
        """What is at ``path`` and is no JSON: a PDF, a picture. Raises Refused."""
        return await self.answer("GET", path)

    async def send(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, intention: str = ""
    ) -> Any:
        """Change something; the JSON of the answer, None for an empty one. Raises Refused.

        ``intention``: an Idempotency-Key: the same one does the same once.
        """
        headers = {"Idempotency-Key": intention} if intention else {}
        answer = await self.answer(method, path, json=dict(body or {}), headers=headers)
        return answer.json() if answer.content else None

    async def answer(self, method: str, path: str, **more: Any) -> httpx.Response:
        """The whole answer of a call that succeeds. Raises Refused."""
        headers = dict(more.pop("headers", {}))
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        # In a task of its own: what the inner request says of itself to logs and journal stays there.
        answer = await asyncio.create_task(self._call(method, path, headers, more))
        if answer.is_success:
            return answer
        raise Refused(_problem(answer), answer.status_code)

    async def _call(
        self, method: str, path: str, headers: Mapping[str, str], more: Mapping[str, Any]
    ) -> httpx.Response:
        transport = httpx.ASGITransport(app=self._app, client=(self._address, 0))
        async with httpx.AsyncClient(transport=transport, base_url=_BASE) as client:
            return await client.request(method, path, headers=headers, **more)


def _problem(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
