"""Every answer that any test receives is held against the description of the API."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import httpx

_PROBLEM = "application/problem+json"


def check(answer: httpx.Response) -> None:
    """For a client's ``response`` hooks: a problem is one that the description names for its operation."""
    kind = answer.headers.get("content-type", "").partition(";")[0]
    operation = _operation(
        str(answer.url.copy_with(path="/", query=None)), answer.request.method, answer.url.path
    )
    if operation is None or kind != _PROBLEM:
        return
    answer.read()
    code = answer.json()["code"]
    named = codes(operation).get(answer.status_code, set())
    assert code in named, (
        f"{operation['operationId']} may not answer {answer.status_code} {code}: @refuses(…)"
    )


def codes(operation: dict[str, Any]) -> dict[int, set[str]]:
    """The codes of an operation by status."""
    contents = {
        int(status): one.get("content", {}).get(_PROBLEM) for status, one in operation["responses"].items()
    }
    return {status: set(one["examples"]) for status, one in contents.items() if one}


def _operation(server: str, method: str, path: str) -> dict[str, Any] | None:
    for pattern, operations in _described(server):
        if pattern.fullmatch(path) and method.lower() in operations:
            found: dict[str, Any] = operations[method.lower()]
            return found
    return None


@cache
def _described(server: str) -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    paths = httpx.get(f"{server}openapi.json", timeout=60).json()["paths"]
    # What has fewer places to fill in comes first: /sessions/others before /sessions/{session_id}.
    ordered = sorted(paths, key=lambda path: path.count("{"))
    return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), paths[path]) for path in ordered]
