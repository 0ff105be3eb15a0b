"""What the remote signing interface refuses, in the words of its specification."""

from __future__ import annotations

from typing import Final

from api.errors import AppError
from hsm.errors import Kind

INVALID_REQUEST: Final = "invalid_request"


class CscRefused(AppError):
    """A request that the remote signing interface refuses; it says so in the words of its specification.

    ``error``, ``status``: of the answer (CSC API 1.0.4.0, section 9.2; 2.0.0.2, section 10.2). The detail is
    its ``error_description``.
    """

    kind = Kind.INVALID
    code = "csc_refused"
    zh = "远程签名请求不正确"

    def __init__(self, detail: str, *, error: str = INVALID_REQUEST, status: int = 400) -> None:
        super().__init__(detail)
        self.error = error
        self.status = status


class NotSwitchedOn(AppError):
    """Remote signing was never switched on for this certificate, or is switched off."""

    kind = Kind.CONFLICT
    code = "remote_signing_off"
    zh = "该证书未开启远程签名，请先在 App 中开启"


def invalid(parameter: str) -> CscRefused:
    """A value that is none, or one of somebody else's: both are answered alike."""
    return CscRefused(f"Invalid parameter {parameter}")


def missing(parameter: str, kind: str = "string") -> CscRefused:
    """A parameter that is not there, or of another JSON type."""
    return CscRefused(f"Missing (or invalid type) {kind} parameter {parameter}")
