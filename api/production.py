"""What a production server refuses to start with."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from api.errors import ConfigurationRefused
from api.settings import Mode, Settings

_DEMO_PINS: Final = frozenset({"0000", "1234", "123456", "12345678", "111111", "000000", "password", "demo"})
_SHORTEST_PIN: Final = 6


def refuse_demo(settings: Settings) -> None:
    """Raises ConfigurationRefused naming everything that makes a production start unsafe."""
    if settings.mode is not Mode.PRODUCTION:
        return
    findings = list(_findings(settings))
    if findings:
        raise ConfigurationRefused("; ".join(findings), reason="生产环境不允许使用演示配置")


def _findings(settings: Settings) -> Iterator[str]:
    if settings.sms == "sandbox":
        yield "SEALBRIDGE_SMS=sandbox shows everybody's codes in /dev/inbox"
    elif not (settings.sms_sign_name and settings.sms_template_code and all(settings.sms_keys())):
        yield "SEALBRIDGE_SMS_SIGN_NAME, _TEMPLATE_CODE or the access key is missing"
    if settings.operator_passkeys != "required":
        yield "SEALBRIDGE_OPERATOR_PASSKEYS is not required: a password alone opens the desk"
    if settings.operator_identities != "required":
        yield "SEALBRIDGE_OPERATOR_IDENTITIES is not required: an operator could judge their own application"
    if settings.cloudauth == "sandbox":
        yield "SEALBRIDGE_CLOUDAUTH=sandbox lets anybody pass for anybody"
    elif settings.cloudauth == "aliyun" and not all(settings.cloudauth_keys()):
        yield "the access key of SEALBRIDGE_CLOUDAUTH is missing"
    if settings.alipay == "sandbox":
        yield "SEALBRIDGE_ALIPAY=sandbox lets anybody pass the face check, and pay, by a button"
    elif not settings.alipay_app_id:
        yield "SEALBRIDGE_ALIPAY_APP_ID is missing"
    elif not settings.alipay_seller_id:
        yield "SEALBRIDGE_ALIPAY_SELLER_ID is missing"
    if not settings.public_url.startswith("https://"):
        yield "SEALBRIDGE_PUBLIC_URL is not https"
    if "演示" in settings.ca_organization + settings.root_name + settings.issuing_name:
        yield "the CA is still named a demonstration"
    if "softhsm" in settings.pkcs11_module.name:
        yield f"{settings.pkcs11_module} keeps its keys in plain files"
    for name, pin in (
        ("issuing", settings.issuing_pin_source),
        ("subscribers", settings.subscribers_pin_source),
    ):
        if pin() in _DEMO_PINS or len(pin()) < _SHORTEST_PIN:
            yield f"the {name} token has a demonstration PIN"
    for name, key in (("server", settings.server_secret()), ("data", settings.data_secret())):
        if len(set(key)) < 8:  # 00…00, 0123…: 32 random bytes hold fewer than 8 values practically never
            yield f"the {name} key is not random"
    if "http://" in settings.webhook_origins:
        yield "SEALBRIDGE_WEBHOOK_ORIGINS names an origin without TLS"
    if settings.folder.trading_centre_key.exists():
        yield f"{settings.folder.trading_centre_key} is the key of a demonstration platform"
    yield from _readable_by_others(settings.folder.secrets)


def _readable_by_others(folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob("*")):
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            yield f"{path} can be read by others (chmod 600)"
