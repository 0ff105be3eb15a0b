"""The signed-in person or operator as a parameter of a route."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.accounts.errors import NotSignedIn
from api.accounts.service import Accounts
from api.accounts.sessions import Operator, Person

_bearer: Final = HTTPBearer(
    auto_error=False, description="The token of a session, a person's or an operator's"
)


def _accounts(request: Request) -> Accounts:
    found: Accounts = request.app.state.services.accounts
    return found


AccountsService = Annotated[Accounts, Depends(_accounts)]


def _token(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> str:
    if credentials is None:
        raise NotSignedIn("Authorization: Bearer … is missing")
    return credentials.credentials


BearerToken = Annotated[str, Depends(_token)]


def _person(token: BearerToken, accounts: AccountsService) -> Person:
    return accounts.person(token)


def _operator(token: BearerToken, accounts: AccountsService) -> Operator:
    return accounts.operator(token)


SignedIn = Annotated[Person, Depends(_person)]
"""The person whose session it is; anybody else is answered 401."""

OnDuty = Annotated[Operator, Depends(_operator)]
"""The operator whose session it is; anybody else is answered 401."""
