"""The signed-in person or operator as a parameter of a route."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.accounts.errors import NotSignedIn
from api.accounts.rules import Role, check_role, mask_phone
from api.accounts.service import Accounts
from api.accounts.sessions import Operator, Person
from api.openapi.refusals import refuses
from ca.audit.event import acting

_PERSON: Final = HTTPBearer(
    scheme_name="person", auto_error=False, description="The token of a person's session"
)
_OPERATOR: Final = HTTPBearer(
    scheme_name="operator", auto_error=False, description="The token of an operator's session"
)


def _accounts(request: Request) -> Accounts:
    found: Accounts = request.app.state.services.accounts
    return found


AccountsService = Annotated[Accounts, Depends(_accounts)]


Given = HTTPAuthorizationCredentials | None
OfPerson = Annotated[Given, Depends(_PERSON)]
OfOperator = Annotated[Given, Depends(_OPERATOR)]


def _token(given: Given) -> str:
    if given is None:
        raise NotSignedIn("Authorization: Bearer … is missing")
    return given.credentials


@refuses("not_signed_in")
def _either_token(person: OfPerson, operator: OfOperator) -> str:
    return _token(person or operator)


BearerToken = Annotated[str, Depends(_either_token)]
"""The token of a session, a person's or an operator's."""


def address_of(request: Request) -> str:
    """Where a request came from; through a proxy, what the proxy says (see docs/operator.md)."""
    return request.client.host if request.client else ""


Address = Annotated[str, Depends(address_of)]


@refuses("not_signed_in")
def _person(given: OfPerson, accounts: AccountsService, address: Address) -> Person:
    person = accounts.person(_token(given), address)
    acts_as("person", mask_phone(person.phone))
    return person


@refuses("not_signed_in")
def _operator(given: OfOperator, accounts: AccountsService, address: Address) -> Operator:
    operator = accounts.operator(_token(given), address)
    acts_as("operator", operator.name)
    return operator


def _holding(*roles: Role) -> Callable[[Operator, Accounts], Operator]:
    wanted = frozenset(roles)

    @refuses("role_missing", "passkey_required")
    def check(operator: Annotated[Operator, Depends(_operator)], accounts: AccountsService) -> Operator:
        accounts.check_second_factor(operator)
        check_role(operator.roles, wanted)
        return operator

    return check


def acts_as(kind: str, name: str) -> None:
    """Tell the journal who is acting in this request."""
    actor = acting.get(None)
    if actor is not None:
        actor.kind, actor.name = kind, name


SignedIn = Annotated[Person, Depends(_person)]
"""The person whose session it is; anybody else is answered 401."""

AnyOperator = Annotated[Operator, Depends(_operator)]
"""The operator whose session it is, whatever the roles: for one's own account alone."""

OnDuty = Annotated[Operator, Depends(_holding(Role.REVIEWER))]
"""A reviewer: judges applications, acts on certificates. Others are answered 403 ``role_missing``."""

Managing = Annotated[Operator, Depends(_holding(Role.MANAGER))]
"""A manager: catalogue, platforms, machines, lists."""

Auditing = Annotated[Operator, Depends(_holding(Role.AUDITOR, Role.MANAGER))]
"""An auditor or a manager; for routes that only read."""

Reading = Annotated[Operator, Depends(_holding(*Role))]
"""An operator with any role at all; for routes that only read."""
