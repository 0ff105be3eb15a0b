"""The error shape of the whole project, and what a token can refuse.

Every error that a caller may meet is a class of its own with a stable ``code``, a ``kind`` that the edge
maps to an HTTP status, a Chinese sentence for people and an English detail for developers. The shape
lives on the ground floor because every package above stands on it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar


class Kind(StrEnum):
    """What sort of refusal an error is; ``api/errors.py`` alone turns it into an HTTP status."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    GONE = "gone"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    BUSY = "busy"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


class SealBridgeError(Exception):
    """Base of ``HsmError``, ``CaError``, ``BridgeError`` and ``AppError``.

    ``str(error)`` is the English detail for developers; ``error.message`` the Chinese sentence for
    people, in which ``{facts}`` given as keywords are filled in. Neither may carry a PIN, a code or a key.
    """

    kind: ClassVar[Kind] = Kind.INTERNAL
    code: ClassVar[str] = "internal"
    zh: ClassVar[str] = "系统内部错误"

    def __init__(self, detail: str = "", **facts: object) -> None:
        super().__init__(detail or self.code)
        self.facts = facts

    @property
    def message(self) -> str:
        """The Chinese sentence for people."""
        return self.zh.format(**self.facts)


class HsmError(SealBridgeError):
    """Whatever a PKCS#11 module or token refuses."""

    kind = Kind.UNAVAILABLE
    code = "token_error"
    zh = "密码设备返回错误，请联系技术支持"


class ModuleUnusable(HsmError):
    """The PKCS#11 library is missing, is not one, or does not initialise."""

    code = "module_unusable"
    zh = "找不到或无法加载密码设备驱动"


class TokenNotFound(HsmError):
    """No slot holds a token with this label or serial."""

    kind = Kind.NOT_FOUND
    code = "token_not_found"
    zh = "未检测到密码设备，请插入后重试"


class TokenAmbiguous(HsmError):
    """Several tokens carry this label; only the serial can tell them apart."""

    kind = Kind.CONFLICT
    code = "token_ambiguous"
    zh = "检测到多个同名密码设备，请按序列号选择"


class LabelRefused(HsmError):
    """A token's label must be there and fit into 32 bytes of UTF-8."""

    kind = Kind.INVALID
    code = "label_refused"
    zh = "密码设备标签应为 1 至 32 字节（UTF-8）"


class TokenGone(HsmError):
    """The token was pulled, reset or restarted, and one new login did not bring it back."""

    code = "token_unavailable"
    zh = "密码设备已断开，请重新插入后再试"


class TokenBusy(HsmError):
    """Every session is in use, or another part of the program is logged in to the token."""

    kind = Kind.BUSY
    code = "token_busy"
    zh = "密码设备繁忙，请稍后重试"


class PinIncorrect(HsmError):
    """Wrong PIN. ``tries_left`` is what the token or custody tells, None where it does not."""

    kind = Kind.FORBIDDEN
    code = "pin_wrong"
    zh = "PIN 码错误"

    def __init__(self, detail: str = "", *, tries_left: int | None = None) -> None:
        super().__init__(detail or "the PIN is wrong", tries_left=tries_left)
        self.tries_left = tries_left

    @property
    def message(self) -> str:
        """The Chinese sentence, with the tries left where they are known."""
        if self.tries_left is None:
            return self.zh
        return f"{self.zh}，还可尝试 {self.tries_left} 次"


class PinLocked(HsmError):
    """Too many wrong PINs: the token or custody refuses even the right one."""

    kind = Kind.FORBIDDEN
    code = "pin_locked"
    zh = "PIN 码已锁定，请联系发证机构解锁"


class PinRefused(HsmError):
    """The PIN is too short, too long or too weak to be set."""

    kind = Kind.INVALID
    code = "pin_refused"
    zh = "PIN 码不符合要求"


class KeyNotFound(HsmError):
    """No private key with this label or id is on the token."""

    kind = Kind.NOT_FOUND
    code = "key_not_found"
    zh = "密码设备中没有对应的密钥"


class KeyExists(HsmError):
    """A key with this label is already there; it is never overwritten."""

    kind = Kind.CONFLICT
    code = "key_exists"
    zh = "密码设备中已有同名密钥"


class KeyUseRefused(HsmError):
    """The key was made for another use: a signing key does not decrypt, nor the other way round."""

    kind = Kind.INVALID
    code = "key_use_refused"
    zh = "该密钥不能用于此操作"


class KeyDamaged(HsmError):
    """A wrapped key does not open under this token: another token's, truncated or altered."""

    code = "key_damaged"
    zh = "密钥数据已损坏或不属于本设备"


class CiphertextRefused(HsmError):
    """What was to be decrypted does not fit the key, or was altered; the token itself is in order."""

    kind = Kind.INVALID
    code = "ciphertext_refused"
    zh = "密文无法解密"


class MechanismMissing(HsmError):
    """The token does not offer the mechanism that the operation needs."""

    kind = Kind.INVALID
    code = "mechanism_missing"
    zh = "密码设备不支持所需的算法"


class KeyGenerationMissing(MechanismMissing):
    """The token makes no key pairs of this kind itself."""

    code = "key_generation_missing"
    zh = "该密码设备不能自行生成所需类型的密钥，请更换设备"


class KeyCertified(HsmError):
    """A certificate on the token names the key: it is not destroyed."""

    kind = Kind.CONFLICT
    code = "key_certified"
    zh = "该密钥已有证书，不能删除"


class CertificateMisplaced(HsmError):
    """A certificate was to be written beside a key that is not its own."""

    kind = Kind.INVALID
    code = "certificate_misplaced"
    zh = "证书与密码设备中的密钥不一致，未写入"


class TokenReadOnly(HsmError):
    """The token takes no objects: it is write-protected."""

    kind = Kind.FORBIDDEN
    code = "token_read_only"
    zh = "密码设备为只读，不能写入密钥或证书"


class LoginNeeded(HsmError):
    """The token wants its PIN before it does this; another token may not."""

    kind = Kind.CONFLICT
    code = "login_needed"
    zh = "需要输入密码设备的 PIN 码"


class TokenFull(HsmError):
    """No room for another object."""

    code = "token_full"
    zh = "密码设备存储空间已满"


class MechanismTableRefused(HsmError):
    """The file that says how a module does SM2 cannot be read, or lacks a number."""

    kind = Kind.INVALID
    code = "mechanism_table_invalid"
    zh = "SM2 机制配置文件不正确：{path}"
