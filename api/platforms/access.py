"""The calling platform as a parameter of a route."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader
from starlette.concurrency import run_in_threadpool

from api.openapi.refusals import refuses
from api.platforms.calls import Admitted
from api.platforms.errors import SignatureInvalid
from api.platforms.registered import Platform
from api.platforms.rules import Scope, check_scope
from api.platforms.signatures import Call, check_body
from ca.audit.event import acting

# OpenAPI knows no message signatures; that a header field is needed is what it can say.
_SIGNATURE: Final = APIKeyHeader(
    name="Signature",
    scheme_name="platform",
    auto_error=False,
    description='HTTP message signature (RFC 9421) with tag="sealbridge", and Signature-Input beside it; '
    "see docs/platform.md",
)


@refuses(
    "platform_suspended",
    "signature_invalid",
    "call_unsigned",
    "signature_replayed",
    "signature_stale",
    "too_many_calls",
)
def _admitted(request: Request, _: Annotated[str | None, Depends(_SIGNATURE)]) -> Admitted:
    services = request.app.state.services
    admitted: Admitted = services.platforms.calls.admit(_call(request, services.platforms.public_url))
    if admitted.signed.digest is None and _announces_body(request):
        raise SignatureInvalid("a call with a body must cover content-digest")
    actor = acting.get(None)
    if actor is not None:
        actor.kind, actor.name = "platform", admitted.platform.id
    return admitted


async def _whole(request: Request, admitted: Annotated[Admitted, Depends(_admitted)]) -> Admitted:
    """Only a signed call's body is read; what FastAPI has read before is small (see ``api.edge``)."""
    body = await request.body()
    await run_in_threadpool(check_body, admitted.signed, body)
    return admitted


def _platform(admitted: Annotated[Admitted, Depends(_whole)]) -> Platform:
    return admitted.platform


def calling(scope: Scope) -> Callable[[Platform], Platform]:
    """The dependency of a route that is for platforms with ``scope``."""

    @refuses("scope_missing")
    def check(platform: Calling) -> Platform:
        check_scope(platform.scopes, scope)
        return platform

    return check


AdmittedCall = Annotated[Admitted, Depends(_whole)]
"""The call itself, for routes that must know which key signed it."""

Calling = Annotated[Platform, Depends(_platform)]
"""The platform that signed the call, head and body; anybody else is answered 401."""


def _call(request: Request, public_url: str) -> Call:
    # The authority is the one that platforms are told, not what the call says it is: a proxy may have
    # changed that, and a call that was signed for another server must not pass here.
    path = request.scope.get("raw_path") or request.scope["path"].encode()
    query = request.scope["query_string"]
    url = public_url + path.decode("latin-1") + ("?" + query.decode("latin-1") if query else "")
    return Call(request.method, url, tuple(request.headers.items()))


def _announces_body(request: Request) -> bool:
    return "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0"
