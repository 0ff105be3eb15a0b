"""Whoever calls the interface with an access token of its own, as a parameter of a route."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.accounts.access import AccountsService, Address, acts_as
from api.accounts.errors import NotSignedIn
from api.accounts.rules import Scope, mask_phone
from api.accounts.sessions import Person
from api.csc.errors import CscRefused
from api.csc.service import RemoteSigning
from api.realname.access import real_name
from api.realname.service import RealName

_BEARER: Final = HTTPBearer(
    scheme_name="csc", auto_error=False, description="The access token that auth/login gave; no other serves"
)


def _caller(
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
    request: Request,
    accounts: AccountsService,
    address: Address,
) -> Person:
    if given is None and "authorization" in request.headers:
        raise CscRefused("Malformed authorization header")
    if given is None:
        raise NotSignedIn("the access token is missing")
    person = accounts.person(given.credentials, address, Scope.REMOTE_SIGNING)
    acts_as("person", mask_phone(person.phone))
    return person


Caller = Annotated[Person, Depends(_caller)]
"""The person whose access token it is."""


def _signer(person: Caller, service: Annotated[RealName, Depends(real_name)]) -> Person:
    service.verified(person)
    return person


Signer = Annotated[Person, Depends(_signer)]
"""The same, once a real-name check is passed."""


def _remote_signing(request: Request) -> RemoteSigning:
    found: RemoteSigning = request.app.state.services.remote_signing
    return found


Service = Annotated[RemoteSigning, Depends(_remote_signing)]
