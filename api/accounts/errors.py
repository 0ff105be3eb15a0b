"""Why somebody is not let in."""

from __future__ import annotations

from api.errors import AppError
from hsm.errors import Kind


class PhoneInvalid(AppError):
    """Not a mobile number of mainland China."""

    kind = Kind.INVALID
    code = "phone_invalid"
    zh = "手机号码不正确"


class SmsTooSoon(AppError):
    """The last code was sent moments ago. ``wait_seconds``: until the next may be asked for."""

    kind = Kind.TOO_MANY
    code = "sms_too_soon"
    zh = "验证码发送过于频繁，请 {wait_seconds} 秒后再试"


class SmsCodeWrong(AppError):
    """Not the code that was sent. ``tries_left``: with this code; at 0 a new one is needed."""

    kind = Kind.FORBIDDEN
    code = "sms_code_wrong"
    zh = "验证码错误，还可尝试 {tries_left} 次"


class SmsCodeExpired(AppError):
    """No code is waiting for this number: never sent, too old, used, or tried too often."""

    kind = Kind.GONE
    code = "sms_code_expired"
    zh = "验证码已失效，请重新获取"


class SmsLimit(AppError):
    """Too many codes for this number or from this address. ``wait_seconds``: until the next."""

    kind = Kind.TOO_MANY
    code = "sms_limit"
    zh = "验证码获取次数过多，请 {wait_seconds} 秒后再试"


class SignInRefused(AppError):
    """Wrong number or password, or no password was set; which of them is not told."""

    kind = Kind.FORBIDDEN
    code = "sign_in_refused"
    zh = "手机号码或密码错误"


class TriesPaused(AppError):
    """Too many wrong ones for this number or from this address. ``wait_seconds``: until the next try."""

    kind = Kind.TOO_MANY
    code = "tries_paused"
    zh = "尝试次数过多，请 {wait_seconds} 秒后再试"


class PasswordCommon(AppError):
    """One that anybody would try: common, a run of characters, or the phone number."""

    kind = Kind.INVALID
    code = "password_common"
    zh = "密码过于简单，请更换"


class ProofNeeded(AppError):
    """To be signed in is not enough for this: the old password or a fresh code is asked for."""

    kind = Kind.FORBIDDEN
    code = "proof_needed"
    zh = "请输入原密码或短信验证码"


class PhoneTaken(AppError):
    """Another person has this number."""

    kind = Kind.CONFLICT
    code = "phone_taken"
    zh = "该手机号码已被其他账号使用"


class RefreshRefused(AppError):
    """The refresh token is unknown, too old or was used before; in the last case its session has ended."""

    kind = Kind.UNAUTHENTICATED
    code = "refresh_refused"
    zh = "登录已失效，请重新登录"


class NotSignedIn(AppError):
    """The session token is missing, unknown or expired."""

    kind = Kind.UNAUTHENTICATED
    code = "not_signed_in"
    zh = "请先登录"


class RoleMissing(AppError):
    """The operator has none of the roles that this act needs. ``roles``: their names."""

    kind = Kind.FORBIDDEN
    code = "role_missing"
    zh = "此操作需要{roles}权限"


class OperatorUnknown(AppError):
    """No operator has this name."""

    kind = Kind.NOT_FOUND
    code = "operator_unknown"
    zh = "没有这名操作员"


class OperatorRefused(AppError):
    """Wrong name or password; which of them is not told."""

    kind = Kind.FORBIDDEN
    code = "operator_refused"
    zh = "用户名或密码错误"


class OperatorPaused(AppError):
    """Too many wrong passwords for this name. ``wait_seconds``: until the next may be tried."""

    kind = Kind.TOO_MANY
    code = "operator_paused"
    zh = "密码错误次数过多，请 {wait_seconds} 秒后再试"


class PasskeyRequired(AppError):
    """This server asks operators for a second factor, and this session has none: add a passkey first."""

    kind = Kind.FORBIDDEN
    code = "passkey_required"
    zh = "请先登记通行密钥（Passkey）"


class PasskeyRefused(AppError):
    """Not an answer to this challenge by a passkey of this operator, or the challenge is used or too old."""

    kind = Kind.FORBIDDEN
    code = "passkey_refused"
    zh = "通行密钥验证失败，请重新登录"


class PasskeyExists(AppError):
    """The authenticator is registered already."""

    kind = Kind.CONFLICT
    code = "passkey_exists"
    zh = "该通行密钥已登记"


class LastPasskey(AppError):
    """The only one cannot be removed where one is required."""

    kind = Kind.CONFLICT
    code = "last_passkey"
    zh = "不能删除最后一个通行密钥"


class OperatorExists(AppError):
    """The name is taken."""

    kind = Kind.CONFLICT
    code = "operator_exists"
    zh = "该操作员已存在"


class OperatorIdentityTaken(AppError):
    """Another operator has this identity number: one person would be both of four eyes."""

    kind = Kind.CONFLICT
    code = "operator_identity_taken"
    zh = "该身份证号码已登记在另一名操作员名下"


class PasswordWeak(AppError):
    """Too short for a password that opens the registration authority."""

    kind = Kind.INVALID
    code = "password_weak"
    zh = "密码至少需要 {least} 个字符"


class OperatorIdentityNeeded(AppError):
    """Who the operator is has not been registered, so nobody can tell whether the case is their own."""

    kind = Kind.FORBIDDEN
    code = "operator_identity_needed"
    zh = "请先由管理员登记该操作员的身份证号码，再办理审核"
