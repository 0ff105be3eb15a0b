"""Error responses of operations: one for each status, with an example for each code."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from api.errors import http_status
from api.openapi.registry import Errors
from hsm.errors import SealBridgeError

MEDIA_TYPE: Final = "application/problem+json"
_FACT: Final = re.compile(r"\{\w+\}")


class Problem(BaseModel):
    """An error (RFC 9457). Further members may tell facts: ``tries_left``, ``wait_seconds`` …"""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["urn:sealbridge:problem:not_found"])
    title: str = Field(description="The phrase of the HTTP status")
    status: int
    code: str = Field(description="Stable: decide by it. docs/errors.md lists all of them")
    message: str = Field(description="Chinese, to be shown to people")
    detail: str = Field(description="English, for developers and logs")


def problem_responses(codes: Iterable[str], errors: Errors) -> dict[str, Any]:
    """Responses by status for ``codes``. Raises KeyError for a code that no error has."""
    by_status: defaultdict[HTTPStatus, list[type[SealBridgeError]]] = defaultdict(list)
    for code in sorted(codes):
        by_status[status_of(errors[code])].append(errors[code])
    return {str(status.value): _response(status, kinds) for status, kinds in sorted(by_status.items())}


def status_of(kind: type[SealBridgeError]) -> HTTPStatus:
    """The HTTP status of an error of this class."""
    return http_status(kind.__new__(kind))


def _response(status: HTTPStatus, kinds: list[type[SealBridgeError]]) -> dict[str, Any]:
    told = "; ".join(f"`{one.code}` {sentence(one)}" for one in kinds)
    return {
        "description": told,
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {one.code: {"value": _example(status, one)} for one in kinds},
            }
        },
    }


def _example(status: HTTPStatus, kind: type[SealBridgeError]) -> dict[str, Any]:
    return {
        "type": f"urn:sealbridge:problem:{kind.code}",
        "title": status.phrase,
        "status": status.value,
        "code": kind.code,
        "message": sentence(kind),
        "detail": "…",
    }


def sentence(kind: type[SealBridgeError]) -> str:
    """The Chinese sentence, with … where facts are filled in."""
    return _FACT.sub("…", kind.zh)
