"""The providers outside, put together from the settings, and their sandboxes in development."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from api.db import Database
from api.errors import ConfigurationRefused
from api.outside import sms_sandbox
from api.outside.alipay.cashier import AlipayCashier
from api.outside.alipay.client import Alipay
from api.outside.alipay.face import AlipayFace
from api.outside.alipay.sandbox.gateway import SANDBOX_APP_ID
from api.outside.alipay.sandbox.routes import PATH, AlipaySandbox
from api.outside.alipay.sandbox.trades import SELLER
from api.outside.alipay.signing import private_key, public_key
from api.outside.aliyun import cloudauth_sandbox
from api.outside.aliyun.client import AliyunClient
from api.outside.aliyun.cloudauth import BankCardCheck, PoliceCheck
from api.outside.aliyun.cloudauth_sandbox import CloudauthSandbox
from api.outside.identity import DirectCheck
from api.outside.sms import AliyunSms
from api.outside.sms_sandbox import SmsSandbox
from api.payments.routes import NOTICE_PATH, RETURN_PATH
from api.realname.rules import Method
from api.realname.service import Policy, Providers
from api.settings import Settings

Clock = Callable[[], datetime]

SANDBOX_KEY: Final = "alipay-sandbox.key"
"""The private key with which the sandbox signs as Alipay does."""
REGISTERED_KEY: Final = "alipay-sandbox-app.pub"
"""The application's public key, as it would be registered at Alipay."""


def open_sms(settings: Settings, clock: Clock) -> AliyunSms:
    """The sender of text messages, by Alibaba Cloud itself or by the sandbox. Raises ConfigurationRefused."""
    if settings.sms == "sandbox":
        client = AliyunClient(
            settings.sandbox_url + sms_sandbox.PATH, sms_sandbox.KEY_ID, _sandbox_secret(settings), clock
        )
        return AliyunSms(client, sms_sandbox.SIGN_NAME, sms_sandbox.TEMPLATE_CODE)
    client = AliyunClient(settings.sms_endpoint, *settings.sms_keys(), clock)
    return AliyunSms(client, settings.sms_sign_name, settings.sms_template_code)


def open_sms_sandbox(settings: Settings, db: Database, clock: Clock) -> SmsSandbox | None:
    """The server side for development; None where messages are really sent. Raises ConfigurationRefused."""
    return SmsSandbox(db, _sandbox_secret(settings), clock) if settings.sms == "sandbox" else None


def _sandbox_secret(settings: Settings) -> str:
    return hmac.new(settings.server_secret(), b"access key of the sandbox", "sha256").hexdigest()


def open_alipay(settings: Settings, clock: Clock) -> Alipay:
    """The client, of Alipay itself or of the sandbox. Raises ConfigurationRefused."""
    app_id, gateway = settings.alipay_app_id, settings.alipay_gateway
    if settings.alipay == "sandbox":
        app_id, gateway = SANDBOX_APP_ID, f"{settings.sandbox_url}{PATH}/gateway.do"
    shown = f"{settings.public_url}{PATH}/gateway.do" if settings.alipay == "sandbox" else gateway
    return Alipay(
        app_id,
        private_key(settings.alipay_app_key_text()),
        public_key(settings.alipay_public_key_text()),
        clock,
        gateway,
        shown,
    )


def open_cashier(settings: Settings, alipay: Alipay) -> AlipayCashier:
    """Where applications are paid for."""
    is_sandbox = settings.alipay == "sandbox"
    seller = SELLER if is_sandbox else settings.alipay_seller_id
    notices = settings.sandbox_url if is_sandbox else settings.public_url
    returned = settings.public_url + RETURN_PATH
    return AlipayCashier(alipay, seller, returned, notices + NOTICE_PATH)


def open_alipay_sandbox(settings: Settings, db: Database, clock: Clock) -> AlipaySandbox | None:
    """The server side for development; None where Alipay itself is used. Raises ConfigurationRefused."""
    if settings.alipay != "sandbox":
        return None
    registered, own = (_read(settings, name) for name in (REGISTERED_KEY, SANDBOX_KEY))
    return AlipaySandbox.open(db, public_key(registered), private_key(own), clock)


def _read(settings: Settings, name: str) -> str:
    path = settings.folder.secret(name)
    try:
        return path.read_text(encoding="utf-8")
    except OSError as exc:
        raise ConfigurationRefused(
            f"{path} cannot be read ({exc.strerror}); run `sealbridge setup`",
            reason=f"缺少 {name}，请先运行 sealbridge setup",
        ) from exc


def open_cloudauth(settings: Settings, clock: Clock) -> AliyunClient | None:
    """Identity checks by Alibaba Cloud itself or by the sandbox; None where there are none.

    Raises ConfigurationRefused.
    """
    if settings.cloudauth == "none":
        return None
    if settings.cloudauth == "sandbox":
        endpoint, secret = settings.sandbox_url + cloudauth_sandbox.PATH, _sandbox_secret(settings)
        return AliyunClient(endpoint, cloudauth_sandbox.KEY_ID, secret, clock)
    return AliyunClient(settings.cloudauth_endpoint, *settings.cloudauth_keys(), clock)


def open_cloudauth_sandbox(settings: Settings, clock: Clock) -> CloudauthSandbox | None:
    """The server side for development; None elsewhere. Raises ConfigurationRefused."""
    return CloudauthSandbox(_sandbox_secret(settings), clock) if settings.cloudauth == "sandbox" else None


def identity_providers(alipay: Alipay, cloudauth: AliyunClient | None) -> Providers:
    """Who is asked for each way of real-name checks."""
    direct: dict[Method, DirectCheck] = {}
    if cloudauth is not None:
        direct = {Method.POLICE: PoliceCheck(cloudauth), Method.BANK_CARD: BankCardCheck(cloudauth)}
    return Providers(AlipayFace(alipay), direct)


def realname_policy(settings: Settings) -> Policy:
    """What the operator decided about real-name checks."""
    return Policy(
        valid=timedelta(days=settings.realname_valid_days),
        attempts=settings.realname_attempts,
        return_url=f"{settings.public_url}/realname/return",
    )
