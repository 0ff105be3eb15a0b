"""Every answer that any test receives is held against the description of the API."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import httpx
from jsonschema import Draft202012Validator

_PROBLEM = "application/problem+json"


def check(answer: httpx.Response) -> None:
    """For a client's ``response`` hooks: the answer is one that the description has for its operation.

    A problem is among those that are named; any other answer has a status that is, and JSON fits its schema.
    """
    kind = answer.headers.get("content-type", "").partition(";")[0]
    server = str(answer.url.copy_with(path="/", query=None))
    operation = _operation(server, answer.request.method, answer.url.path)
    if operation is None:
        return
    name = operation["operationId"]
    if kind == _PROBLEM:
        answer.read()
        code = answer.json()["code"]
        named = codes(operation).get(answer.status_code, set())
        assert code in named, f"{name} may not answer {answer.status_code} {code}: @refuses(…)"
        return
    assert str(answer.status_code) in operation["responses"], f"{name} does not name {answer.status_code}"
    if kind == "application/json" and answer.read():
        wrong = [
            f"{error.json_path}: {error.message}"
            for error in _validator(server, name, str(answer.status_code)).iter_errors(answer.json())
        ]
        assert not wrong, f"{name} {answer.status_code}: {wrong[:3]}"


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
def _description(server: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{server}openapi.json", timeout=60).json()
    return found


@cache
def _validator(server: str, name: str, status: str) -> Draft202012Validator:
    description = _description(server)
    (operation,) = (
        one
        for methods in description["paths"].values()
        for one in methods.values()
        if one["operationId"] == name
    )
    schema = operation["responses"][status].get("content", {}).get("application/json", {}).get("schema", {})
    return Draft202012Validator(schema | {"components": description["components"]})


@cache
def _described(server: str) -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    paths = _description(server)["paths"]
    # What has fewer places to fill in comes first: /sessions/others before /sessions/{session_id}.
    ordered = sorted(paths, key=lambda path: path.count("{"))
    return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), paths[path]) for path in ordered]
