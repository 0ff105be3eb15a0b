"""The rules of PINs and of certificates in use. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

from api.catalogue.rules import CertificateKind
from api.catalogue.rules import Custody as Custody  # chosen by the product
from api.errors import AppError
from ca.status import Revocation, Standing, standing
from hsm.errors import Kind, PinRefused

OF_MEMBERS: Final = frozenset({CertificateKind.ENTERPRISE, CertificateKind.CLERK})
"""Whose holders speak for an enterprise by the word of its administrator."""

PIN_TRIES: Final = 5
KEPT_FOR_OWN_PIN: Final = 2
"""So many tries of a key stay for its own PIN: the PIN of another certificate never locks it."""
TRY_LASTS: Final = timedelta(minutes=1)
"""A try that has not ended after this long never will: its process died."""

_SHORTEST, _LONGEST = 6, 32


class Purpose(StrEnum):
    """Which half of a dual certificate it is; a single certificate is a signing certificate."""

    SIGNING = "signing"
    ENCRYPTION = "encryption"


class SuspendedBy(StrEnum):
    """Who suspended a certificate, and may release it again; operators may in any case."""

    HOLDER = "holder"
    ADMINISTRATOR = "administrator"
    OPERATOR = "operator"


class CertificateState(StrEnum):
    """What a certificate is good for at a moment."""

    ACTIVE = "active"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


class PinWeak(PinRefused):
    """A PIN that the rules do not allow; which rule is said."""

    zh = "PIN 码不符合要求：{rule}"


class PinBusy(AppError):
    """As many tries as are left are being made at this moment; what becomes of them is not known yet."""

    kind = Kind.BUSY
    code = "pin_busy"
    zh = "该证书正在使用中，请稍后再试"


class PinChanging(AppError):
    """The same PIN was changed by another request at this moment; this one changed nothing."""

    kind = Kind.CONFLICT
    code = "pin_changing"
    zh = "PIN 码刚刚已被修改，请使用新的 PIN 码"


class NotSuspendedByYou(AppError):
    """It is not suspended, or somebody else suspended it: an operator, or the administrator."""

    kind = Kind.CONFLICT
    code = "not_suspended_by_you"
    zh = "该证书未冻结，或不是由您冻结，请联系 CA 机构"


class CertificateUnusable(AppError):
    """The certificate is expired, suspended or revoked."""

    kind = Kind.CONFLICT
    code = "certificate_invalid"
    zh = "证书已过期、已冻结或已吊销，不能使用"


class NotEscrowed(AppError):
    """The key has no second copy: a signing key, or one made before copies were."""

    kind = Kind.CONFLICT
    code = "key_not_escrowed"
    zh = "该密钥没有托管备份，无法恢复"


class NotForSigning(AppError):
    """An encryption certificate was chosen for a signature."""

    kind = Kind.CONFLICT
    code = "certificate_not_for_signing"
    zh = "该证书是加密证书，请选择签名证书"


class CustodyIsLock(AppError):
    """The key is on the holder's own CA lock: this service has neither key nor PIN of it."""

    kind = Kind.CONFLICT
    code = "custody_is_lock"
    zh = "该证书的密钥在您自己的 CA 锁中，请在电脑上使用 CA 锁办理"


class CustodyNotLock(AppError):
    """The product's keys are kept by this service; nothing is made on a lock."""

    kind = Kind.CONFLICT
    code = "custody_not_lock"
    zh = "该证书产品为手机证书，请在手机上下载"


class OtherPinNeeded(AppError):
    """The key has a PIN of its own, of which too few tries are left to try another certificate's."""

    kind = Kind.FORBIDDEN
    code = "other_pin_needed"
    zh = "该加密证书需使用其自己的 PIN 码"


def require_kept_here(custody: str) -> None:
    """Raises CustodyIsLock for a key that this service does not have."""
    if custody == Custody.LOCK:
        raise CustodyIsLock("the key is on the holder's lock")


def check_pin(pin: str) -> None:
    """What a new PIN must be. Raises PinWeak."""
    if not _SHORTEST <= len(pin) <= _LONGEST:
        raise PinWeak("6 to 32 characters are expected", rule="长度应为 6 至 32 位")
    if not pin.isascii() or not pin.isprintable() or " " in pin:
        raise PinWeak("printable ASCII without spaces is expected", rule="只能使用数字、字母和符号")
    steps = {ord(after) - ord(before) for before, after in pairwise(pin)}
    if len(steps) == 1 and steps <= {-1, 0, 1}:
        raise PinWeak("one repeated or running character", rule="不能是重复或连续的字符")


def tries_left(taken: int) -> int:
    """How many tries remain after ``taken`` of them."""
    return max(PIN_TRIES - taken, 0)


def is_locked(wrong: int, last_try_at: datetime, now: datetime) -> bool:
    """Whether a PIN without free tries is locked, or only waits for tries that are under way."""
    return wrong >= PIN_TRIES or last_try_at <= now - TRY_LASTS


def state(not_after: datetime, revocation: Revocation | None, now: datetime) -> CertificateState:
    """What a certificate is good for now. A revoked one stays revoked after its end."""
    stands = standing(revocation)
    if stands is Standing.REVOKED:
        return CertificateState.REVOKED
    if now > not_after:
        return CertificateState.EXPIRED
    return CertificateState.SUSPENDED if stands is Standing.SUSPENDED else CertificateState.ACTIVE


_KEY_IN_OTHER_HANDS: Final = frozenset({"key_compromise", "ca_compromise", "aa_compromise"})
"""Reasons of a revocation after which whoever opens an envelope need not be its holder (RFC 5280, 5.3.1)."""


def may_decrypt(stands: CertificateState, reason: str | None) -> bool:
    """Whether an encryption certificate opens what was encrypted to it: replaced and expired ones do.

    ``reason``: of a revocation. Whether the holder still has the power is asked apart.
    """
    if stands is CertificateState.SUSPENDED:
        return False
    return stands is not CertificateState.REVOKED or reason not in _KEY_IN_OTHER_HANDS


ENDED: Final = frozenset({CertificateState.EXPIRED, CertificateState.REVOKED})
"""已失效: no act brings it back."""


def is_ending(not_before: datetime, not_after: datetime, now: datetime, days: int) -> bool:
    """即将过期: ``days`` or fewer are left, and two thirds are gone.

    A certificate for a month would otherwise be said to end on the day it was downloaded.
    """
    left = not_after - now
    return left <= timedelta(days=days) and now - not_before >= 2 * left


def days_left(not_after: datetime, now: datetime) -> int:
    """Days until the end, rounded up, as reminders count them."""
    return -((now - not_after) // timedelta(days=1))
