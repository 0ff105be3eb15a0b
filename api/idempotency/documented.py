"""``Idempotency-Key`` in the description of the API."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI

from api.idempotency.middleware import UNSAFE

_PARAMETER: Final[dict[str, Any]] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Chosen by the client for one intention, a UUID for instance. The same call with the same "
    "key is done once; for 24 hours its answer is given again, with `Idempotent-Replayed: true`.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "example": "5b6f4a0e-7d1c-4a57-9d7e-0c5f6d1a2b3c",
}


def document(app: FastAPI) -> None:
    """Describe the header with every unsafe call that somebody signed in makes."""
    described = app.openapi

    def openapi() -> dict[str, Any]:
        is_new = app.openapi_schema is None
        schema = described()
        if is_new:
            for path, operations in schema.get("paths", {}).items():
                _describe(path, operations)
        return schema

    app.openapi = openapi  # type: ignore[method-assign]


def _describe(path: str, operations: dict[str, Any]) -> None:
    for method, operation in operations.items():
        if method.upper() in UNSAFE and path.startswith("/v1/") and operation.get("security"):
            operation.setdefault("parameters", []).append(_PARAMETER)
