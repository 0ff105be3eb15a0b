"""Errors as people and programs receive them: application/problem+json (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from starlette.exceptions import HTTPException

from api.errors import (
    AppError,
    BodyTooLarge,
    DiskFull,
    InternalError,
    NotFound,
    RequestInvalid,
    http_status,
    is_disk_full,
    is_unstorable,
)
from api.logs import log
from hsm.errors import Kind, SealBridgeError

MEDIA_TYPE: Final = "application/problem+json"
_HEADERS: Final = {
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": "1"},
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": AppError.challenge},  # RFC 9110, section 15.5.2
}


def install(app: FastAPI) -> None:
    """Answer every error of ``app`` as a problem."""
    app.add_exception_handler(SealBridgeError, _refused)
    app.add_exception_handler(RequestValidationError, _misshapen)
    app.add_exception_handler(HTTPException, _http)
    for broken in (OSError, SQLAlchemyError):
        app.add_exception_handler(broken, _broken)


def problem(error: SealBridgeError) -> JSONResponse:
    """One refusal as a response. Faults of ours keep their detail to the log."""
    status = http_status(error)
    internal = error.kind is Kind.INTERNAL
    answer = _problem(
        status, error.code, error.message, "internal error" if internal else str(error), _facts(error)
    )
    if isinstance(error, AppError) and status is HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = error.challenge
    return answer


def unexpected(error: Exception) -> JSONResponse:
    """The answer to an error that nobody foresaw: logged in full, told as 500 (or as a full disk)."""
    return problem(unforeseen(error))


def unforeseen(error: Exception) -> AppError:
    """What is told of an error that nobody foresaw, which is logged here."""
    if is_disk_full(error):
        log.error("disk_full", error=type(error).__name__)
        return DiskFull("no space left on the device")
    log.error("unexpected_error", exc_info=error)
    return InternalError()


def _problem(
    status: HTTPStatus, code: str, message: str, detail: str, facts: Mapping[str, Any]
) -> JSONResponse:
    body = {
        "type": f"urn:sealbridge:problem:{code}",
        "title": status.phrase,
        "status": status.value,
        "code": code,
        "message": message,
        "detail": detail,
    }
    return JSONResponse({**facts, **body}, status, _HEADERS.get(status), media_type=MEDIA_TYPE)


def _facts(error: SealBridgeError) -> dict[str, Any]:
    """What the error tells besides its sentences, where JSON can say it: tries_left, wait_seconds …"""
    return {key: value for key, value in error.facts.items() if isinstance(value, (str, int, float))}


async def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, SealBridgeError)  # noqa: S101 - what this handler is registered for
    if error.kind in (Kind.INTERNAL, Kind.UNAVAILABLE):
        log.error("refused", code=error.code, exc_info=error)
    else:
        log.info("refused", code=error.code)
    return problem(error)


async def _misshapen(request: Request, error: Exception) -> JSONResponse:
    # pydantic's own report repeats what was sent, PINs included: only where and why is told.
    assert isinstance(error, RequestValidationError)  # noqa: S101
    places = [(".".join(str(part) for part in one["loc"][1:]), one["msg"]) for one in error.errors()]
    fields = "、".join(dict.fromkeys(place for place, _ in places if place)) or "请求体"
    detail = "; ".join(f"{place or 'body'}: {why}" for place, why in places)
    return problem(RequestInvalid(detail, fields=fields))


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    # FastAPI answers 400 for whatever goes wrong while it reads a body; the cause says more.
    if isinstance(error.__cause__, SealBridgeError):
        return problem(error.__cause__)
    if is_disk_full(error):
        return problem(DiskFull("no space left on the device"))
    known: dict[int, AppError] = {
        404: NotFound("no such address"),
        413: BodyTooLarge("the request body is too large"),
    }
    if error.status_code in known:
        return problem(known[error.status_code])
    status = HTTPStatus(error.status_code)
    code = status.phrase.lower().replace(" ", "_").replace("-", "_")
    return _problem(status, code, "请求无法处理", str(error.detail), {})


async def _broken(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, DBAPIError) and is_unstorable(error):
        return problem(RequestInvalid("U+0000 in a text", fields="文字"))
    return unexpected(error)
