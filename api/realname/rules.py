"""The life of a real-name check, and who may start one. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from api.realname.errors import AttemptsExhausted, BankCardInvalid, CheckClosed, IdentityDiffers, NameInvalid


class Method(StrEnum):
    """The three ways of the seed."""

    ALIPAY_FACE = "alipay-face"
    POLICE = "police"
    BANK_CARD = "bank-card"


class Status(StrEnum):
    """Where a check stands. RELEASED: it had passed, and an operator gave the account free."""

    STARTED = "started"
    PASSED = "passed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    RELEASED = "released"


class Action(StrEnum):
    """What ends a check."""

    PASS = "pass"  # noqa: S105 - a word
    FAIL = "fail"
    CANCEL = "cancel"
    LAPSE = "lapse"
    RELEASE = "release"


class Reason(StrEnum):
    """Why a check failed."""

    MISMATCH = "mismatch"
    NO_RECORD = "no_record"
    FACE_REFUSED = "face_refused"
    CARD_MISMATCH = "card_mismatch"
    CARD_UNUSABLE = "card_unusable"
    IDENTITY_IN_USE = "identity_in_use"
    IDENTITY_DIFFERS = "identity_differs"
    PROVIDER_FAILED = "provider_failed"


MOVES: Final[dict[tuple[Status, Action], Status]] = {
    (Status.STARTED, Action.PASS): Status.PASSED,
    (Status.STARTED, Action.FAIL): Status.FAILED,
    (Status.STARTED, Action.CANCEL): Status.CANCELLED,
    (Status.STARTED, Action.LAPSE): Status.EXPIRED,
    (Status.PASSED, Action.RELEASE): Status.RELEASED,
}

NAMES: Final = {
    Status.STARTED: "认证中",
    Status.PASSED: "认证通过",
    Status.FAILED: "认证未通过",
    Status.CANCELLED: "已取消",
    Status.EXPIRED: "已超时",
    Status.RELEASED: "已解除",
}
"""How people call each status."""

REASONS: Final = {
    Reason.MISMATCH: "姓名与身份证号码不一致，请核对后重试",
    Reason.NO_RECORD: "未查到该身份证号码的登记信息，请核对或更换认证方式",
    Reason.FACE_REFUSED: "人脸认证未通过，请本人重新认证",
    Reason.CARD_MISMATCH: "银行卡、姓名、身份证号码或预留手机号不一致，请核对后重试",
    Reason.CARD_UNUSABLE: "该银行卡无法用于认证，请更换银行卡或认证方式",
    Reason.IDENTITY_IN_USE: "该身份已在其他账号实名认证，请用原手机号登录后解除，或联系客服处理",
    Reason.IDENTITY_DIFFERS: IdentityDiffers.zh,
    Reason.PROVIDER_FAILED: "认证服务暂时无法完成核验，本次不计入次数，请稍后再试",
}
"""What people are told of each reason."""

LIFETIMES: Final = {
    Method.ALIPAY_FACE: timedelta(minutes=30),
    Method.POLICE: timedelta(minutes=2),
    Method.BANK_CARD: timedelta(minutes=2),
}
"""How long a check may take. One that is answered at once outlives its request only when that was killed."""

WINDOW: Final = timedelta(hours=24)
ASK_AFTER: Final = timedelta(seconds=1)
"""A provider is asked for a result no more often than this, however often an app asks us."""

# Several accounts must not try names for one number; far more than one person needs.
_MOST_OF_NUMBER: Final = 20


def move(status: Status, action: Action) -> Status:
    """The status after ``action``. Raises CheckClosed."""
    after = MOVES.get((status, action))
    if after is None:
        raise CheckClosed(f"cannot {action} a check that is {status}", status_name=NAMES[status])
    return after


def check_attempts(of_person: list[datetime], of_number: list[datetime], most: int, now: datetime) -> None:
    """Whether another check may start; the lists: when the counted ones of ``WINDOW`` did.

    Raises AttemptsExhausted.
    """
    for times, limit in ((of_person, most), (of_number, max(_MOST_OF_NUMBER, most))):
        if len(times) >= limit:
            free_at = sorted(times)[len(times) - limit] + WINDOW
            wait = max(1, int((free_at - now).total_seconds()) + 1)
            raise AttemptsExhausted(f"at most {limit} in 24 hours", wait_seconds=wait)


def check_name(field: str, name: str) -> str:
    """A person's name without the spaces around it. ``field``: what people call it. Raises NameInvalid."""
    trimmed = name.strip()
    if not 1 < len(trimmed) <= 40 or not trimmed.isprintable() or any(one.isdigit() for one in trimmed):
        raise NameInvalid(f"{field}: 2 to 40 printable characters, no digits", field=field)
    return trimmed


def check_bank_card(text: str) -> str:
    """The digits of a bank card's number, whose check digit holds. Raises BankCardInvalid."""
    digits = re.sub(r"[\s-]", "", text)
    if not re.fullmatch(r"[0-9]{12,19}", digits):
        raise BankCardInvalid("12 to 19 digits are expected")
    # ISO/IEC 7812-1, annex B: every second digit from the right counts double, its digits summed.
    doubled = (int(one) * (1 + place % 2) for place, one in enumerate(reversed(digits)))
    if sum(one // 10 + one % 10 for one in doubled) % 10:
        raise BankCardInvalid("the check digit is wrong")
    return digits


def mask_name(name: str) -> str:
    """李*明, 欧**华, 李*: enough to know somebody again, not to learn who it is."""
    if len(name) <= 2:
        return name[:1] + "*" * (len(name) - 1)
    return f"{name[0]}{'*' * (len(name) - 2)}{name[-1]}"
