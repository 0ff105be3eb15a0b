"""Checks of the PKCS#11 module, its tokens, and the keys on them."""

from __future__ import annotations

from collections.abc import Iterator

from pkcs11 import Mechanism
from sqlalchemy.exc import SQLAlchemyError

from api.db import Database, make_engine
from api.diagnosis.ends import ends
from api.diagnosis.findings import Finding, fault, good, warning
from api.realname.data_keys import has_data_key, open_data_key
from api.resealing import count_older
from api.settings import Settings
from api.tokens import OpenTokens, read_certificate, use_embedded_softhsm
from ca.authorities import StoredAuthorities
from hsm import HsmError, Module, PinState, SealBridgeError, Token, TokenInfo, TokenKeys, list_tokens
from hsm.mechanisms import WRAP

_SETUP = "运行 sealbridge setup"


def module_and_tokens(settings: Settings) -> Iterator[Finding]:
    """The library, and both tokens as they show themselves without a PIN."""
    use_embedded_softhsm(settings)
    try:
        described = Module.load(settings.pkcs11_module).description
        seen = {info.label: info for info in list_tokens(settings.pkcs11_module)}
    except HsmError as exc:
        yield fault(
            "驱动",
            f"{settings.pkcs11_module} 无法加载（{exc}）",
            "安装密码设备驱动（测试环境：apt install softhsm2），或设置 SEALBRIDGE_PKCS11_MODULE",
        )
        return
    yield good("驱动", f"{settings.pkcs11_module}（{described}）")
    for label in (settings.issuing_token, settings.subscribers_token):
        if label not in seen:
            yield fault(f"设备 {label}", "没有找到", f"插入该设备，或{_SETUP}")
        else:
            yield from _state(seen[label])
    if settings.subscribers_token in seen:
        yield _mechanisms(seen[settings.subscribers_token])


def keys(settings: Settings) -> Iterator[Finding]:
    """Logging in, and the issuing CA's key against its certificate. A PIN in doubt is not tried."""
    wanted = (settings.issuing_token, settings.subscribers_token)
    states = [info.pin_state for info in list_tokens(settings.pkcs11_module) if info.label in wanted]
    if any(state is not PinState.OK for state in states):
        yield warning("密钥", "PIN 状态不正常，未尝试登录", "先处理上面的设备问题")
        return
    try:
        tokens = OpenTokens.open(settings)
    except SealBridgeError as exc:
        yield fault("登录", exc.message, "核对 secrets 目录中的 PIN 文件，或 SEALBRIDGE_…_PIN_FILE 设置")
        return
    engine = make_engine(settings.database)
    try:
        read_certificate(settings.folder.issuing_certificate)  # no start without what setup makes last
        known = StoredAuthorities(engine, TokenKeys(tokens.issuing).open, settings.pki_url)
        for one in known.all():
            subject = one.authority.certificate.subject.rfc4514_string()
            yield good("密钥", f"签发 CA {one.name} 的密钥与证书一致：{subject}")
        yield from ends(settings, engine, known)
        yield from _id_numbers(Database(engine), tokens.subscribers)
    except SealBridgeError as exc:
        yield fault("密钥", exc.message, f"{_SETUP}；若设备被更换，请恢复原设备")
    except SQLAlchemyError as exc:
        yield warning("密钥", f"数据库读不出签发 CA（{type(exc).__name__}）", _SETUP)
    finally:
        engine.dispose()
        tokens.close()


def _id_numbers(db: Database, token: Token) -> Iterator[Finding]:
    with db.read() as tx:
        older = count_older(tx)
        has_key = has_data_key(tx)
    if not has_key:
        yield warning("身份证号码", "数据密钥还没有生成", _SETUP)
        return
    open_data_key(db, token)
    if older:
        advice = "运行 sealbridge id-numbers reseal"
        yield warning("身份证号码", f"{older} 个仍用 data.key 加密，未受密码设备保护", advice)
    else:
        yield good("身份证号码", "数据密钥由密码设备保护，可以打开")


def _state(info: TokenInfo) -> Iterator[Finding]:
    subject = f"设备 {info.label}"
    maker = f"{info.manufacturer} {info.model}".strip()
    if info.pin_state is PinState.OK:
        yield good(subject, f"{maker}，序列号 {info.serial}，PIN 正常")
    elif info.pin_state is PinState.LOCKED:
        yield fault(subject, "PIN 已锁定", "由安全管理员用 SO PIN 解锁并重设 PIN")
    elif info.pin_state is PinState.UNINITIALISED:
        yield fault(subject, "尚未设置用户 PIN", "由安全管理员设置用户 PIN，或重新初始化该设备")
    else:
        yield warning(subject, "近期输错过 PIN，剩余次数不多", "核对 PIN 文件后再启动服务")


def _mechanisms(info: TokenInfo) -> Finding:
    missing = [
        mechanism.name
        for mechanism in (Mechanism.RSA_PKCS, Mechanism.ECDSA, Mechanism.SHA256_HMAC)
        if mechanism not in info.mechanisms
    ]
    if not any(mechanism in info.mechanisms for mechanism in WRAP):
        missing.append("AES 密钥封装")
    if missing:
        return fault(
            "算法", f"{info.label} 缺少 {'、'.join(missing)}", "更换设备，或让证书产品使用 resident 托管方式"
        )
    return good("算法", f"{info.label} 支持所需的签名、HMAC 和密钥封装算法")
