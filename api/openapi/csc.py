"""What is said of the remote signing interface, whose errors and tokens are as its specification has them."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

PREFIX: Final = "/csc/"
LOGIN: Final[dict[str, Any]] = {
    "type": "http",
    "scheme": "basic",
    "description": "Mobile number and password, where the account has one",
}
_WORDS: Final = {
    "400": (
        "invalid_request",
        "Invalid parameter credentialID",
        "A parameter, PIN, SAD, or power",
    ),
    "401": ("invalid_token", "The access token is missing, expired or revoked", "The access token"),
    "413": ("invalid_request", "The request is too large", "More than 256 kB"),
    "429": ("temporarily_unavailable", "too many wrong passwords", "Too many wrong passwords"),
    "500": ("server_error", "The service met an unexpected condition", "A fault of ours"),
    "503": ("temporarily_unavailable", "no session is free", "The token, the database or the clock"),
}


class CscError(BaseModel):
    """CSC API 1.0.4.0, section 9.2, and 2.0.0.2, section 10.2; ``message`` is ours."""

    model_config = ConfigDict(extra="allow")

    error: str
    error_description: str = Field(description="English, for developers")
    message: str = Field(description="Chinese, to be shown to people")


def describe(operation: dict[str, Any]) -> None:
    """Say which errors an operation answers; which of them mean what is the specification's to say."""
    operation["responses"].pop("422", None)
    operation["responses"] |= {status: _response(*said) for status, said in _WORDS.items()}


def _response(error: str, described: str, about: str) -> dict[str, Any]:
    example = {"error": error, "error_description": described, "message": "…"}
    schema = {"$ref": "#/components/schemas/CscError"}
    content = {"application/json": {"schema": schema, "example": example}}
    return {"description": about, "content": content}
