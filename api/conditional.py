"""Answers that a client may keep and ask about again (RFC 9110, section 13)."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import Any, Final

from fastapi import Response

NOT_MODIFIED: Final[dict[int | str, dict[str, Any]]] = {
    HTTPStatus.NOT_MODIFIED: {"description": "Unchanged since the answer with this ETag"}
}
"""For ``responses`` of a route that answers with ``conditional``."""


def conditional(body: bytes, if_none_match: str | None, media_type: str = "application/json") -> Response:
    """``body`` with its ETag, or 304 when the client says that it has this very body."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if if_none_match is not None and _names(if_none_match, tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


def _names(if_none_match: str, tag: str) -> bool:
    """Weak comparison (section 8.8.3.2): a proxy that compressed the answer made its tag a weak one."""
    given = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return "*" in given or tag in given
