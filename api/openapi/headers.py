"""Header fields in the description: sending again, entity tags, authentication, pauses."""

from __future__ import annotations

from typing import Any, Final

REFUSED_KEYS: Final = frozenset(
    {"idempotency_key_invalid", "idempotency_key_reused", "request_in_progress", "answer_not_kept"}
)
_KEY: Final[dict[str, Any]] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Chosen by the client for one intention, a UUID for instance. The same call with the same "
    "key is done once; for 24 hours its answer is given again, with `Idempotent-Replayed: true`. Answers "
    "with secrets (tokens, codes) are not kept.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "example": "5b6f4a0e-7d1c-4a57-9d7e-0c5f6d1a2b3c",
}
_IF_NONE_MATCH: Final[dict[str, Any]] = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` of the answer that the client has; 304 when it is still the same",
    "schema": {"type": "string", "maxLength": 400},
}
_ANSWERED: Final[dict[str, dict[str, Any]]] = {
    "ETag": {"description": "Give it as `If-None-Match` next time", "schema": {"type": "string"}},
    "Idempotent-Replayed": {
        "description": "`true` where the answer of the first call with the key is given again",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "WWW-Authenticate": {"description": "How to authenticate (RFC 9110)", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds", "schema": {"type": "integer"}},
}


def describe(operation: dict[str, Any], *, is_repeatable: bool) -> None:
    """Add header fields to an operation whose responses are described. ``is_repeatable``: it takes a key."""
    responses = operation["responses"]
    parameters = operation.setdefault("parameters", [])
    if is_repeatable:
        parameters.append(_KEY)
    if "304" in responses:
        parameters.append(_IF_NONE_MATCH)
    for status, response in responses.items():
        for name in _names(status, is_repeatable, "304" in responses):
            response.setdefault("headers", {})[name] = _ANSWERED[name]
    if not parameters:
        del operation["parameters"]


def _names(status: str, is_repeatable: bool, is_tagged: bool) -> list[str]:
    names = {"401": ["WWW-Authenticate"], "503": ["Retry-After"], "304": ["ETag"]}.get(status, [])
    if is_tagged and status == "200":
        names = ["ETag"]
    return [*names, "Idempotent-Replayed"] if is_repeatable and status.startswith("2") else names
