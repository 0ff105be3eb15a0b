"""The OpenAPI description, arranged for reading."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from api.openapi.headers import REFUSED_KEYS

# Said once for all, at the head of the page.
_COMMON: Final = REFUSED_KEYS | {
    "internal",
    "disk_full",
    "request_invalid",
    "body_too_large",
    "not_signed_in",
}
_WHO: Final = {"person": "个人用户", "operator": "操作员", "task": "签章任务", "enrolment": "登记口令"}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a JSON body, or one parameter."""

    name: str
    kind: str
    required: bool
    note: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error that an operation can answer."""

    status: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address. ``who``: whose session it needs, in Chinese; empty for none."""

    name: str
    method: str
    path: str
    summary: str
    description: str
    who: str
    parameters: list[Field]
    body: list[Field]
    answer: list[Field]
    status: str
    example: str
    refusals: list[Refusal]


@dataclass(frozen=True, slots=True)
class Flow:
    """Operations that belong together."""

    name: str
    description: str
    operations: list[Operation]


def flows(openapi: dict[str, Any]) -> list[Flow]:
    """The flows in the order of the description."""
    groups = _by_tag(openapi)
    told = {one["name"]: one["description"] for one in openapi.get("tags", ())}
    return [
        Flow(tag, told.get(tag, ""), groups[tag]) for tag in [*told, *groups.keys() - told] if tag in groups
    ]


def _by_tag(openapi: dict[str, Any]) -> dict[str, list[Operation]]:
    groups: dict[str, list[Operation]] = {}
    for path, methods in openapi["paths"].items():
        for method, described in methods.items():
            tag = (described.get("tags") or [""])[0]
            groups.setdefault(tag, []).append(_operation(openapi, path, method, described))
    return groups


def _operation(openapi: dict[str, Any], path: str, method: str, described: dict[str, Any]) -> Operation:
    status, answer = next(iter(described["responses"].items()))
    schemes = {name for one in described.get("security", ()) for name in one}
    return Operation(
        name=described["operationId"],
        method=method.upper(),
        path=path,
        summary=described.get("summary", ""),
        description=described.get("description", ""),
        who=" 或 ".join(_WHO[one] for one in _WHO if one in schemes),
        parameters=[
            Field(one["name"], _kind(one["schema"]), one.get("required", False), one.get("description", ""))
            for one in described.get("parameters", ())
        ],
        body=_fields(openapi, described.get("requestBody", {})),
        answer=_fields(openapi, answer),
        status=status,
        example=_example(described.get("requestBody", {})),
        refusals=list(_refusals(described["responses"])),
    )


def _example(body: dict[str, Any]) -> str:
    """The first example of a JSON body, indented; empty when there is none."""
    content = body.get("content", {}).get("application/json", {})
    shown = content.get("examples", {"": {"value": content.get("example")}})
    value = next(iter(shown.values()))["value"]
    return "" if value is None else json.dumps(value, ensure_ascii=False, indent=2)


def _refusals(responses: dict[str, Any]) -> Iterator[Refusal]:
    for status, response in responses.items():
        examples = response.get("content", {}).get("application/problem+json", {}).get("examples", {})
        for code, example in examples.items():
            if code in _COMMON:
                continue
            yield Refusal(status, code, example["value"]["message"])


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
