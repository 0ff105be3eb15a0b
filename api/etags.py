"""Entity tags (RFC 9110, section 8.8.3): answers that the client has already, edits of what has changed."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Header, Request, Response
from pydantic import BaseModel

from api.errors import AppError
from hsm.errors import Kind

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=400,
        description="The ETag that was read before this change; 412 when somebody changed it since",
    ),
]

_KEEP: Final = {"cache-control": "private, no-cache"}  # may be kept, must be asked about each time


class Changed(AppError):
    """Somebody else has changed it since the caller read it."""

    kind = Kind.PRECONDITION
    code = "changed_meanwhile"
    zh = "内容已被他人修改，请刷新后重试"


def version_tag(version: int) -> str:
    """The tag of a thing that counts its changes."""
    return f'"v{version}"'


def tagged(request: Request, content: BaseModel) -> Response:
    """``content`` as JSON with its tag, or 304 when the client has just this."""
    body = content.model_dump_json().encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    if _names(request.headers.get("if-none-match", ""), tag, weak=True):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"etag": tag} | _KEEP)
    return Response(body, media_type="application/json", headers={"etag": tag} | _KEEP)


def check_if_match(given: str | None, current: str) -> None:
    """Raises Changed when a condition was given that ``current`` does not fulfil."""
    if given is not None and not _names(given, current, weak=False):
        raise Changed(f"the current version is {current}")


def _names(header: str, tag: str, *, weak: bool) -> bool:
    """Whether a list of tags names ``tag``. A weak comparison lets W/ pass (section 8.8.3.2)."""
    given = [one.strip() for one in header.split(",")]
    return "*" in given or tag in [one.removeprefix("W/") if weak else one for one in given]
