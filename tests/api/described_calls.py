"""Calls put together from the description of the API: its examples, with real things in their places."""

from __future__ import annotations

import re
from typing import Any

import httpx

from api.openapi.examples import example_of
from tests.api.people import a_picture

Operation = dict[str, Any]
Things = dict[str, str | int]


class DescribedCalls:
    """``pdf``: what is sent where a document is asked for."""

    def __init__(self, described: dict[str, Any], pdf: bytes) -> None:
        self.operations: dict[str, tuple[str, str, Operation]] = {
            operation["operationId"]: (method.upper(), path, operation)
            for path, methods in described["paths"].items()
            for method, operation in methods.items()
        }
        self._schemas = described["components"]["schemas"]
        self._picture = a_picture()
        self._pdf = pdf

    def call(self, client: httpx.Client, operation_id: str, things: Things) -> httpx.Response:
        """Call one operation; ``things``: values of parameters and fields by name, in place of examples."""
        method, path, operation = self.operations[operation_id]
        address = re.sub(
            r"\{(\w+)\}", lambda found: str(things.get(found[1], self._of(operation, found[1]))), path
        )
        query = {
            one["name"]: things.get(one["name"], self._of(operation, one["name"]))
            for one in operation.get("parameters", ())
            if one["in"] == "query" and one.get("required")
        }
        return client.request(method, address, params=query, **self._body(operation, things))

    def _of(self, operation: Operation, name: str) -> Any:
        (parameter,) = (one for one in operation["parameters"] if one["name"] == name)
        return example_of(parameter["schema"] | {"title": ""}, self._schemas, name)

    def _body(self, operation: Operation, things: Things) -> dict[str, Any]:
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            return {"json": self._example(content["application/json"], things)}
        if "multipart/form-data" in content:
            fields = example_of(content["multipart/form-data"]["schema"], self._schemas)
            fields.pop("photo", None)
            uploads = [name for name in ("file", "files", "signature") if fields.pop(name, None) is not None]
            return {"data": fields, "files": dict.fromkeys(uploads, ("a.pdf", self._pdf, "application/pdf"))}
        for media_type in content:
            sent = self._picture if media_type.startswith("image/") else b"MA=="
            return {"content": sent, "headers": {"Content-Type": media_type}}
        return {}

    def _example(self, content: dict[str, Any], things: Things) -> Any:
        shown = content.get("examples", {"": {"value": content.get("example")}})
        example = next(iter(shown.values()))["value"]
        fits = {key: value for key, value in things.items() if key != "code"}
        return {key: fits.get(key, value) for key, value in _anonymous(example).items()}


def _anonymous(example: Any) -> Any:
    """The example without whom it names: the caller is another."""
    if not isinstance(example, dict):
        return example
    named = ("holder", "administrator")
    return {key: _anonymous(value) for key, value in example.items() if key not in named}
