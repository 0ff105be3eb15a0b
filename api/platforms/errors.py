"""Why a platform is not registered, or its call not taken."""

from __future__ import annotations

from api.errors import AppError
from hsm.errors import Kind


class _Unauthenticated(AppError):
    """A call that nobody is known to have made."""

    kind = Kind.UNAUTHENTICATED
    challenge = 'Signature realm="platform"'


class SignatureMissing(_Unauthenticated):
    """No HTTP message signature with the tag ``sealbridge`` (RFC 9421)."""

    code = "call_unsigned"
    zh = "调用未签名"


class SignatureInvalid(_Unauthenticated):
    """Unknown or retired key, a component that is not covered, or another message than was signed."""

    code = "signature_invalid"
    zh = "调用的签名无效"


class NonceRefused(SignatureInvalid):
    """No nonce, or one too short or too long."""


class SignatureStale(_Unauthenticated):
    """Signed too long ago or in the future: the caller's clock is wrong, or the call was held back."""

    code = "signature_stale"
    zh = "调用的签名已过期，请校准服务器时钟"


class SignatureReplayed(_Unauthenticated):
    """The nonce was used before: each call is signed anew."""

    code = "signature_replayed"
    zh = "调用重复，每次调用都应重新签名"


class ScopeMissing(AppError):
    """The platform is not registered for this kind of act. ``scope``: which."""

    kind = Kind.FORBIDDEN
    code = "scope_missing"
    zh = "平台未获准使用该功能（{scope}）"


class PlatformSuspended(AppError):
    """An operator has suspended the platform."""

    kind = Kind.FORBIDDEN
    code = "platform_suspended"
    zh = "平台已被暂停"


class TooManyCalls(AppError):
    """More calls than a platform may make. ``wait_seconds``: until the next is taken."""

    kind = Kind.TOO_MANY
    code = "too_many_calls"
    zh = "调用过于频繁，请 {wait_seconds} 秒后再试"


class DigestMismatch(AppError):
    """The document has another SHA-256 than the caller says."""

    kind = Kind.INVALID
    code = "digest_mismatch"
    zh = "文件摘要与内容不符"


class DocumentQuota(AppError):
    """The platform has as many documents here as it may have; each goes after 24 hours."""

    kind = Kind.TOO_MANY
    code = "document_quota"
    zh = "平台暂存的文件过多，请稍后再传"


class DocumentMissing(AppError):
    """The platform has sent no document with this digest, or more than 24 hours ago."""

    kind = Kind.INVALID
    code = "document_missing"
    zh = "文件不存在或已过期，请重新上传"


class TermsRefused(AppError):
    """A name or address that cannot be registered. ``field``: which; ``name``: in Chinese."""

    kind = Kind.INVALID
    code = "platform_terms_refused"
    zh = "{name}不正确，请核对"


class PublicKeyInvalid(AppError):
    """Not an Ed25519 or P-256 public key in PEM or as a JWK."""

    kind = Kind.INVALID
    code = "public_key_invalid"
    zh = "公钥格式不正确，应为 Ed25519 或 P-256 公钥（PEM 或 JWK）"


class KeyKnown(AppError):
    """The key is registered already, perhaps retired, perhaps of another platform."""

    kind = Kind.CONFLICT
    code = "public_key_known"
    zh = "该公钥已登记过，请更换新的密钥"


class KeyLimit(AppError):
    """As many valid keys as a platform may have. ``most``: how many."""

    kind = Kind.CONFLICT
    code = "public_key_limit"
    zh = "平台最多同时使用 {most} 个公钥，请先停用旧公钥"


class LastKey(AppError):
    """A platform cannot retire its last valid key by itself."""

    kind = Kind.CONFLICT
    code = "public_key_last"
    zh = "不能停用唯一有效的公钥"


class PlatformChanged(AppError):
    """Somebody else changed the platform first. ``version``: the present one."""

    kind = Kind.CONFLICT
    code = "platform_changed"
    zh = "平台信息已被他人修改（当前版本 {version}），请刷新后重试"


class PlatformNameTaken(AppError):
    """Another platform has this name: people could not tell them apart."""

    kind = Kind.CONFLICT
    code = "platform_name_taken"
    zh = "已有同名平台"


class CatalogueCodeUnknown(AppError):
    """No platform of the catalogue has this code."""

    kind = Kind.INVALID
    code = "platform_code_unknown"
    zh = "目录中没有该交易平台"
