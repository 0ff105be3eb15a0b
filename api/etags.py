"""Entity tags (RFC 9110, section 8.8.3): what the client has already is not sent again."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import Final

from fastapi import Request, Response
from pydantic import BaseModel

_KEEP: Final = {"cache-control": "private, no-cache"}  # may be kept, must be asked about each time


def tagged(request: Request, content: BaseModel) -> Response:
    """``content`` as JSON with its tag, or 304 when the client has just this."""
    body = content.model_dump_json().encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    if _names(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"etag": tag} | _KEEP)
    return Response(body, media_type="application/json", headers={"etag": tag} | _KEEP)


def _names(header: str, tag: str) -> bool:
    """Whether a list of tags names ``tag``, compared weakly: W/ does not matter (section 8.8.3.2)."""
    given = [one.strip().removeprefix("W/") for one in header.split(",")]
    return "*" in given or tag in given
