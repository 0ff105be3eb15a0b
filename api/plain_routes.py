"""Routes without FastAPI's reading of parameters, for what is asked thousands of times a second."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

Endpoint = Callable[[Request], Awaitable[Response]]

# Unlike FastAPI's routes they leave in a request's scope what they call, and not where they stand.
_PATTERNS: Final[dict[object, str]] = {}


def add_plain_route(router: APIRouter, path: str, endpoint: Endpoint, method: str) -> None:
    """Add a route that metrics and log know by its path. ``endpoint``: stands at one path only."""
    router.add_route(path, endpoint, methods=[method], include_in_schema=False)
    _PATTERNS[endpoint] = path


def pattern_of(endpoint: object) -> str | None:
    """The path of what a plain route calls, None for anything else."""
    return _PATTERNS.get(endpoint)
