"""Operators over HTTP: signing in with password and passkey, and their passkeys."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, Response

from api.accounts.access import AccountsService, Address, AnyOperator
from api.accounts.passkeys import Asked
from api.accounts.schemas import (
    NewPasskey,
    OperatorSignIn,
    PasskeyAsked,
    PasskeyName,
    PasskeySignIn,
    PasskeyView,
    SessionOpened,
)
from api.idempotency.middleware import NEVER_KEPT
from api.openapi.refusals import refuses

router = APIRouter(prefix="/v1/operator", tags=["操作员登录"])

_ASKED: Final[dict[int | str, dict[str, Any]]] = {
    HTTPStatus.CREATED.value: {"model": SessionOpened},
    HTTPStatus.ACCEPTED.value: {"model": PasskeyAsked, "description": "A passkey is asked for"},
}


@router.post("/sessions", status_code=HTTPStatus.CREATED, response_model=None, responses=_ASKED)
@refuses("operator_paused", "operator_refused")
def sign_in(
    body: OperatorSignIn, accounts: AccountsService, address: Address, response: Response
) -> SessionOpened | PasskeyAsked:
    """操作员登录: with name and password; 202 with a challenge when the operator has a passkey."""
    made = accounts.sign_in_operator(body.name, body.password, body.device_at(address))
    if isinstance(made, Asked):
        response.status_code = HTTPStatus.ACCEPTED
        return PasskeyAsked.model_validate(made)
    return SessionOpened.model_validate(made)


@router.post("/sessions/passkey", status_code=HTTPStatus.CREATED)
@refuses("passkey_refused")
def sign_in_with_passkey(body: PasskeySignIn, accounts: AccountsService, address: Address) -> SessionOpened:
    """通行密钥登录: the second half of the sign-in."""
    made = accounts.sign_in_with_passkey(body.ticket, body.credential, body.device_at(address))
    return SessionOpened.model_validate(made)


@router.get("/passkeys")
def passkeys(operator: AnyOperator, accounts: AccountsService) -> list[PasskeyView]:
    """我的通行密钥."""
    return [PasskeyView.model_validate(one) for one in accounts.passkeys.of(operator.id)]


@router.post("/passkeys/options", openapi_extra=NEVER_KEPT)
@refuses("passkey_required", "proof_needed")
def begin_adding(operator: AnyOperator, accounts: AccountsService) -> PasskeyAsked:
    """登记通行密钥, first half: within ten minutes of the sign-in."""
    return PasskeyAsked.model_validate(accounts.passkeys.begin_adding(operator))


@router.post("/passkeys", status_code=HTTPStatus.CREATED)
@refuses("passkey_exists", "passkey_refused", "passkey_required", "proof_needed")
def add(body: NewPasskey, operator: AnyOperator, accounts: AccountsService) -> list[PasskeyView]:
    """登记通行密钥, second half."""
    accounts.passkeys.add(operator, body.ticket, body.credential, body.name)
    return passkeys(operator, accounts)


@router.put("/passkeys/{passkey_id}", status_code=HTTPStatus.NO_CONTENT)
@refuses("not_found")
def rename(passkey_id: str, body: PasskeyName, operator: AnyOperator, accounts: AccountsService) -> None:
    """重命名通行密钥."""
    accounts.passkeys.rename(operator, passkey_id, body.name)


@router.delete("/passkeys/{passkey_id}", status_code=HTTPStatus.NO_CONTENT)
@refuses("last_passkey", "not_found", "passkey_required")
def remove(passkey_id: str, operator: AnyOperator, accounts: AccountsService) -> None:
    """删除通行密钥: in a session that was opened with one."""
    accounts.passkeys.remove(operator, passkey_id)
