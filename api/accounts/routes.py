"""Signing in over HTTP (seed, sections 一 and 二)."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter

from api.accounts.access import AccountsService, BearerToken
from api.accounts.rules import CODE_LIFETIME, RESEND_AFTER
from api.accounts.schemas import CodeSent, OperatorSignIn, PhoneNumber, PhoneSignIn, SessionOpened

router = APIRouter(prefix="/v1", tags=["登录"])


@router.post("/sms-codes", status_code=HTTPStatus.ACCEPTED)
def send_code(body: PhoneNumber, accounts: AccountsService) -> CodeSent:
    """获取验证码: send a sign-in code to a mobile number."""
    accounts.send_code(body.phone)
    lifetime, pause = CODE_LIFETIME.total_seconds(), RESEND_AFTER.total_seconds()
    return CodeSent(expires_in=int(lifetime), resend_after=int(pause))


@router.post("/sessions", status_code=HTTPStatus.CREATED)
def sign_in(body: PhoneSignIn, accounts: AccountsService) -> SessionOpened:
    """登录: sign in with the code; a new number is registered."""
    return SessionOpened.model_validate(accounts.sign_in(body.phone, body.code))


@router.delete("/sessions", status_code=HTTPStatus.NO_CONTENT)
def sign_out(token: BearerToken, accounts: AccountsService) -> None:
    """退出登录: end the session of this token, a person's or an operator's."""
    accounts.sign_out(token)


@router.post("/operator/sessions", status_code=HTTPStatus.CREATED)
def sign_in_operator(body: OperatorSignIn, accounts: AccountsService) -> SessionOpened:
    """操作员登录: sign in an operator of the registration authority."""
    return SessionOpened.model_validate(accounts.sign_in_operator(body.name, body.password))
