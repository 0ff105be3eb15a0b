"""Signing in over HTTP (seed, sections 一 and 二)."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus

from fastapi import APIRouter
from pydantic import SecretStr

from api.accounts.access import AccountsService, Address, BearerToken, SignedIn
from api.accounts.credentials import Proof
from api.accounts.rules import CODE_LIFETIME, RESEND_AFTER, mask_phone
from api.accounts.schemas import (
    AccountView,
    CodeRequest,
    CodeSent,
    DeviceView,
    NewPassword,
    NewPhone,
    PasswordReset,
    PasswordSignIn,
    PhoneSignIn,
    RefreshToken,
    SessionOpened,
)
from api.openapi.refusals import refuses

router = APIRouter(prefix="/v1", tags=["登录"])


@router.post("/sms-codes", status_code=HTTPStatus.ACCEPTED)
@refuses(
    "phone_invalid",
    "provider_refused",
    "provider_unreachable",
    "sms_carrier_limit",
    "sms_limit",
    "sms_not_sent",
    "sms_number_refused",
    "sms_too_soon",
)
def send_code(body: CodeRequest, accounts: AccountsService, address: Address) -> CodeSent:
    """获取验证码: send a code to a mobile number."""
    accounts.signing_in.send_code(body.phone, body.purpose, address)
    lifetime, pause = CODE_LIFETIME.total_seconds(), RESEND_AFTER.total_seconds()
    return CodeSent(expires_in=int(lifetime), resend_after=int(pause))


@router.post("/sessions", status_code=HTTPStatus.CREATED)
@refuses("phone_invalid", "sms_code_expired", "sms_code_wrong", "tries_paused")
def sign_in(body: PhoneSignIn, accounts: AccountsService, address: Address) -> SessionOpened:
    """验证码登录: sign in with the code; a new number is registered."""
    made = accounts.signing_in.by_code(body.phone, body.code, body.device_at(address))
    return SessionOpened.model_validate(made)


@router.post("/sessions/password", status_code=HTTPStatus.CREATED)
@refuses("phone_invalid", "sign_in_refused", "tries_paused")
def sign_in_by_password(body: PasswordSignIn, accounts: AccountsService, address: Address) -> SessionOpened:
    """密码登录: sign in with number and password."""
    password = body.password.get_secret_value()
    made = accounts.signing_in.by_password(body.phone, password, body.device_at(address))
    return SessionOpened.model_validate(made)


@router.post("/sessions/refresh", status_code=HTTPStatus.CREATED)
@refuses("refresh_refused")
def renew(body: RefreshToken, accounts: AccountsService) -> SessionOpened:
    """续期登录: new tokens for a refresh token. One that comes twice ends the session on all its copies."""
    made = accounts.signing_in.renew(body.refresh_token.get_secret_value())
    return SessionOpened.model_validate(made)


@router.get("/sessions")
def devices(person: SignedIn, accounts: AccountsService) -> list[DeviceView]:
    """登录设备: where one is signed in; at most 20, the one seen last first."""
    return [
        DeviceView(
            id=one.id,
            name=one.device,
            platform=one.platform,
            app_version=one.app_version,
            address=one.address,
            signed_in_at=one.created_at,
            last_seen_at=one.last_seen_at,
            current=one.id == person.session_id,
        )
        for one in accounts.devices(person)
    ]


@router.delete("/sessions", status_code=HTTPStatus.NO_CONTENT)
def sign_out(token: BearerToken, accounts: AccountsService) -> None:
    """退出登录: end the session of this token, a person's or an operator's."""
    accounts.sign_out(token)


@router.delete("/sessions/others", status_code=HTTPStatus.NO_CONTENT)
def sign_out_others(person: SignedIn, accounts: AccountsService) -> None:
    """退出其他设备: end all of one's sessions but this."""
    accounts.sign_out_others(person)


@router.delete("/sessions/{session_id}", status_code=HTTPStatus.NO_CONTENT)
@refuses("not_found")
def sign_out_device(session_id: str, person: SignedIn, accounts: AccountsService) -> None:
    """退出一台设备."""
    accounts.sign_out_device(person, session_id)


@router.get("/account")
def account(person: SignedIn, accounts: AccountsService) -> AccountView:
    """我的账号."""
    return AccountView(phone=mask_phone(person.phone), has_password=accounts.credentials.has_password(person))


@router.put("/account/password", status_code=HTTPStatus.NO_CONTENT)
@refuses(
    "password_common",
    "password_weak",
    "proof_needed",
    "sign_in_refused",
    "sms_code_expired",
    "sms_code_wrong",
    "tries_paused",
)
def set_password(body: NewPassword, person: SignedIn, accounts: AccountsService, address: Address) -> None:
    """设置密码、修改密码: ends one's other sessions."""
    proof = Proof(_plain(body.old_password), body.code)
    accounts.credentials.set_password(person, body.password.get_secret_value(), proof, address)


@router.post("/password-resets", status_code=HTTPStatus.CREATED)
@refuses(
    "password_common", "password_weak", "phone_invalid", "sms_code_expired", "sms_code_wrong", "tries_paused"
)
def reset_password(body: PasswordReset, accounts: AccountsService, address: Address) -> SessionOpened:
    """找回密码: a new password with a code; ends all sessions and begins one."""
    password = body.password.get_secret_value()
    made = accounts.credentials.reset_password(body.phone, body.code, password, body.device_at(address))
    return SessionOpened.model_validate(made)


@router.put("/account/phone")
@refuses(
    "phone_invalid",
    "phone_taken",
    "proof_needed",
    "sign_in_refused",
    "sms_code_expired",
    "sms_code_wrong",
    "tries_paused",
)
def change_phone(
    body: NewPhone, person: SignedIn, accounts: AccountsService, address: Address
) -> AccountView:
    """更换手机号: ends one's other sessions."""
    proof = Proof(_plain(body.password), body.old_code)
    number = accounts.credentials.change_phone(person, body.phone, body.code, proof, address)
    return AccountView(
        phone=mask_phone(number),
        has_password=accounts.credentials.has_password(replace(person, phone=number)),
    )


def _plain(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
