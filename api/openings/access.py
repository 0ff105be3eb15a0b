"""A platform's call as it is kept, as a parameter of a route."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends, Request

from api.openings.calls import KeptCall
from api.platforms.access import AdmittedCall

_SIGNATURE: Final = ("signature-input", "signature")


async def _kept(request: Request, admitted: AdmittedCall) -> KeptCall:
    """The call was admitted and its body checked before; what the signature covers is kept as it came."""
    url = str(request.app.state.services.platforms.public_url) + _target(request)
    given = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in request.headers.raw]
    inputs = " ".join(value for name, value in given if name == "signature-input")
    names = [*_SIGNATURE, *(name for name in dict.fromkeys(one for one, _ in given) if f'"{name}"' in inputs)]
    fields = {name: ", ".join(value for one, value in given if one == name) for name in names}
    body = await request.body()
    return KeptCall(admitted.platform, admitted.key_id, request.method, url, fields, body)


def _target(request: Request) -> str:
    path = request.scope.get("raw_path") or request.scope["path"].encode()
    query = request.scope["query_string"].decode("latin-1")
    return str(path.decode("latin-1")) + (f"?{query}" if query else "")


CallKept = Annotated[KeptCall, Depends(_kept)]
"""The signed call, whole."""
