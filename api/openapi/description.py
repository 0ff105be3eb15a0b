"""The description of the API, completed from what FastAPI derives from the routes.

FastAPI knows shapes. Added here: which errors each operation answers, what its header fields are, examples,
and names of flows and operations in Chinese.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from api.idempotency.middleware import UNSAFE
from api.openapi import bridge, csc, headers
from api.openapi.examples import Schema, example_of
from api.openapi.flows import tags
from api.openapi.prose import summary_and_description
from api.openapi.refusals import refusals
from api.openapi.registry import Errors, errors
from api.openapi.responses import Problem, problem_responses

_IN_ANY_CASE: Final = ("internal", "disk_full")
_BINARY: Final = {"type": "string", "format": "binary"}
_ABOUT: Final = """数字证书注册机构（RA）与 CA 的接口。

- JSON in UTF-8; times are RFC 3339 in UTC. `Authorization: Bearer TOKEN` after sign-in.
- Errors are `application/problem+json` (RFC 9457): show `message`, decide by `code`, log `detail`. Every
  operation names the codes it can answer, as keys of the examples of its error responses.
- Unsafe calls take an `Idempotency-Key`: send a call again with the same key after a lost answer.
- Lists answer `{items, next}`: give `next` as `cursor` for the part after this one.
"""


def describe(app: FastAPI) -> None:
    """Complete ``app``'s description when it is first asked for."""
    derived = app.openapi

    def openapi() -> dict[str, Any]:
        is_new = app.openapi_schema is None
        schema = derived()
        if is_new:
            _Description(schema).complete(app)
        return schema

    app.openapi = openapi  # type: ignore[method-assign]


class _Description:
    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = schema
        self._components: dict[str, Schema] = schema.setdefault("components", {}).setdefault("schemas", {})
        self._errors: Errors = errors()

    def complete(self, app: FastAPI) -> None:
        self._schema["info"]["description"] = _ABOUT
        self._schema["tags"] = tags()
        for name in ("HTTPValidationError", "ValidationError"):
            self._components.pop(name, None)
        schemes = self._schema["components"].setdefault("securitySchemes", {})
        schemes |= bridge.SCHEMES | {"csc_login": csc.LOGIN}
        self._components["CscError"] = csc.CscError.model_json_schema()
        self._components["Problem"] = Problem.model_json_schema()
        for route in iter_route_contexts(app.routes):
            if isinstance(route.original_route, APIRoute) and route.include_in_schema:
                for method in route.methods or ():
                    operation = self._schema["paths"][route.path_format][method.lower()]
                    self._complete(operation, route, method)

    def _complete(self, operation: dict[str, Any], route: RouteContext, method: str) -> None:
        bridge.secure(operation)
        summary, description = summary_and_description(route.endpoint.__doc__ or "")
        operation["summary"], operation["description"] = summary, description
        if not description:
            del operation["description"]
        if str(route.path_format).startswith(csc.PREFIX):
            csc.describe(operation)
            self._show_examples(operation)
            headers.describe(operation, is_repeatable=False)
            return
        is_theirs = str(route.path_format).startswith("/v1/") and bool(operation.get("security"))
        is_repeatable = is_theirs and method in UNSAFE
        codes = self._codes(operation, route, is_repeatable)
        operation["responses"].pop("422", None)
        self._show_examples(operation)
        operation["responses"] |= problem_responses(codes, self._errors)
        headers.describe(operation, is_repeatable=is_repeatable)

    def _codes(self, operation: dict[str, Any], route: RouteContext, is_repeatable: bool) -> set[str]:
        codes = {*refusals(route.dependant), *_IN_ANY_CASE}
        codes |= {*bridge.REFUSALS.get(operation["operationId"], ())}
        if "422" in operation["responses"] or "requestBody" in operation:
            codes.add("request_invalid")
        if "requestBody" in operation:
            codes.add("body_too_large")
        if is_repeatable:
            codes |= headers.REFUSED_KEYS
        return codes

    def _show_examples(self, operation: dict[str, Any]) -> None:
        described = [operation.get("requestBody", {}), *operation["responses"].values()]
        for one in described:
            for media_type, content in one.get("content", {}).items():
                if "json" not in media_type and not content.get("schema"):
                    content["schema"] = _BINARY
            content = one.get("content", {}).get("application/json", {})
            if content.get("schema") and "example" not in content and "examples" not in content:
                content |= self._examples(content["schema"])

    def _examples(self, schema: Schema) -> dict[str, Any]:
        kinds = [one for one in schema.get("anyOf") or schema.get("oneOf") or () if "$ref" in one]
        if not kinds:
            return {"example": example_of(schema, self._components)}
        shown = {one["$ref"].rpartition("/")[2]: example_of(one, self._components) for one in kinds}
        return {"examples": {name: {"value": value} for name, value in shown.items()}}
