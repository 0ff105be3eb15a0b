"""Errors of this interface: ``{error, error_description}`` in JSON, for whatever goes wrong below ``/csc/``.

Our own errors keep their Chinese sentence, beside the members that the specification has, as ``message``.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar, Final

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.csc.errors import INVALID_REQUEST, CscRefused, missing
from api.errors import AppError, http_status, is_unstorable
from api.logs import log
from api.problems import unforeseen
from hsm.errors import Kind, SealBridgeError


@dataclass(frozen=True, slots=True)
class Said:
    """``error``, ``description``: None for the error's own English detail."""

    status: int
    error: str
    description: str | None = None


_DENIED: Final = Said(400, "access_denied")
_SAID: Final[dict[str, Said]] = {
    "not_signed_in": Said(401, "invalid_token", "The access token is missing, expired or revoked"),
    "sign_in_refused": Said(400, "authentication_error", "An error occurred during authentication process"),
    "phone_invalid": Said(400, "authentication_error", "An error occurred during authentication process"),
    "refresh_refused": Said(400, INVALID_REQUEST, "Invalid refresh_token"),
    "remote_signing_off": Said(400, INVALID_REQUEST, "The credential identified by credentialID is disabled"),
}
_BY_KIND: Final = {
    Kind.UNAUTHENTICATED: Said(401, "invalid_token"),
    Kind.FORBIDDEN: _DENIED,
    Kind.TOO_MANY: Said(429, "temporarily_unavailable"),
    Kind.BUSY: Said(503, "temporarily_unavailable"),
    Kind.UNAVAILABLE: Said(503, "temporarily_unavailable"),
    Kind.INTERNAL: Said(500, "server_error", "The service met an unexpected condition"),
    Kind.TOO_LARGE: Said(413, INVALID_REQUEST, "The request is too large"),
}
_ARRAYS: Final = frozenset({"hash", "hashes", "authData"})
_NUMBERS: Final = frozenset({"numSignatures", "maxResults"})
_FLAGS: Final = frozenset({"rememberMe", "certInfo", "authInfo", "credentialInfo", "onlyValid"})
_MALFORMED: Final = "The request body must be a JSON object"

BASIC: Final[dict[str, Any]] = {"security": [{"csc_login": []}, {}]}
"""For ``openapi_extra`` of ``auth/login``."""

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class CscRoute(APIRoute):
    """A route whose every failure is told as this version of the interface tells it."""

    wrong_pin: ClassVar[dict[str, Said]] = {}

    def get_route_handler(self) -> Handler:
        """FastAPI's, with our words for what it refuses."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                return told(_misshapen(error))
            except HTTPException as error:
                return told(_cause(error), self.wrong_pin)
            except SealBridgeError as error:
                return told(error, self.wrong_pin)
            except (OSError, SQLAlchemyError) as error:
                if isinstance(error, DBAPIError) and is_unstorable(error):
                    return told(CscRefused("U+0000 in a text"))
                return told(unforeseen(error))

        return answer


class FirstRoute(CscRoute):
    """Version 1.0.4.0."""

    wrong_pin: ClassVar = {
        "pin_wrong": Said(400, "invalid_pin", "The PIN is invalid"),
        "pin_locked": Said(400, INVALID_REQUEST, "PIN locked"),
    }


class SecondRoute(CscRoute):
    """Version 2.0.0.2 and 2.1."""

    wrong_pin: ClassVar = {
        "pin_wrong": Said(400, "invalid_authentication_data", "The authentication data is invalid"),
        "pin_locked": Said(400, INVALID_REQUEST, "Credential locked"),
    }


def told(error: SealBridgeError, more: dict[str, Said] | None = None) -> JSONResponse:
    """An error as a response."""
    said = _said(error, _SAID | (more or {}))
    if said.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("refused", code=error.code, exc_info=error)
    else:
        log.info("refused", code=error.code)
    # RFC 6749, section 5.2, from which these members come, allows ASCII alone.
    description = (said.description or str(error)).encode("ascii", "replace").decode()
    facts = {name: value for name, value in error.facts.items() if isinstance(value, (str, int, float))}
    body = {"error": said.error, "error_description": description, "message": error.message}
    return JSONResponse(facts | body, said.status, _headers(error, said))


def _said(error: SealBridgeError, words: dict[str, Said]) -> Said:
    if isinstance(error, CscRefused):
        return Said(error.status, error.error)
    if http_status(error) is HTTPStatus.SERVICE_UNAVAILABLE:  # a token that is missing is ours to bring back
        return _BY_KIND[Kind.UNAVAILABLE]
    return words.get(error.code) or _BY_KIND.get(error.kind) or Said(400, INVALID_REQUEST)


def _headers(error: SealBridgeError, said: Said) -> dict[str, str]:
    if said.status == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": f'{AppError.challenge} error="{said.error}"'}  # RFC 6750, section 3
    if said.status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        return {"Retry-After": str(error.facts.get("wait_seconds", 1))}
    return {"Allow": "POST"} if said.status == HTTPStatus.METHOD_NOT_ALLOWED else {}


def _misshapen(error: RequestValidationError) -> CscRefused:
    """The first fault, in the words of the specification. Nothing of what was sent is repeated."""
    place: tuple[str | int, ...] = error.errors()[0]["loc"]
    names = [one for one in place[1:] if isinstance(one, str)]
    if not names or place[0] != "body":
        return CscRefused(_MALFORMED)
    return missing(names[0], _type_of(names[0]))


def _type_of(parameter: str) -> str:
    if parameter in _ARRAYS:
        return "array"
    if parameter in _NUMBERS:
        return "integer"
    return "boolean" if parameter in _FLAGS else "string"


def _cause(error: HTTPException) -> SealBridgeError:
    # FastAPI answers 400 for whatever goes wrong while it reads a body; the cause says more.
    if isinstance(error.__cause__, SealBridgeError):
        return error.__cause__
    return CscRefused(_MALFORMED)
