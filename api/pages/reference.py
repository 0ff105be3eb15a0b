"""The OpenAPI description, arranged for reading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a JSON body, or one parameter."""

    name: str
    kind: str
    required: bool
    note: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address."""

    method: str
    path: str
    summary: str
    needs_session: bool
    parameters: list[Field]
    body: list[Field]
    answer: list[Field]
    status: str


def operations(openapi: dict[str, Any]) -> dict[str, list[Operation]]:
    """The operations by their tag, in the order of the description."""
    groups: dict[str, list[Operation]] = {}
    for path, methods in openapi["paths"].items():
        for method, described in methods.items():
            tag = (described.get("tags") or [""])[0]
            groups.setdefault(tag, []).append(_operation(openapi, path, method, described))
    return groups


def _operation(openapi: dict[str, Any], path: str, method: str, described: dict[str, Any]) -> Operation:
    status, answer = next(iter(described["responses"].items()))
    return Operation(
        method=method.upper(),
        path=path,
        summary=described.get("description") or described.get("summary", ""),
        needs_session=bool(described.get("security")),
        parameters=[
            Field(one["name"], _kind(one["schema"]), one.get("required", False), one.get("description", ""))
            for one in described.get("parameters", ())
            if one["in"] in ("path", "query")
        ],
        body=_fields(openapi, described.get("requestBody", {})),
        answer=_fields(openapi, answer),
        status=status,
    )


def _fields(openapi: dict[str, Any], described: dict[str, Any]) -> list[Field]:
    """The fields of the first kind of content; its media type alone when it has none."""
    for media_type, content in described.get("content", {}).items():
        schema = _resolved(openapi, content.get("schema", {}))
        if schema.get("type") == "array":
            schema = _resolved(openapi, schema["items"])
        if "properties" not in schema:
            return (
                [] if schema == {} and media_type == "application/json" else [Field("", media_type, True, "")]
            )
        required = schema.get("required", ())
        return [
            Field(name, _kind(_resolved(openapi, one)), name in required, one.get("description", ""))
            for name, one in schema["properties"].items()
        ]
    return []


def _resolved(openapi: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    found: dict[str, Any] = openapi["components"]["schemas"][reference.rpartition("/")[2]]
    return found


def _kind(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " | ".join(_kind(one) for one in schema["anyOf"])
    kind = str(schema.get("format") or schema.get("type") or "object")
    return f"{kind}[]" if kind == "array" else kind
