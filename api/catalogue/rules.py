"""What a product says about itself, and when it can be had. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from api.catalogue.errors import AttachmentRepeated, SaleWindowRefused


class CertificateKind(StrEnum):
    """Who is certified: the enterprise, who acts for it, a natural person, or the legal representative."""

    ENTERPRISE = "enterprise"
    CLERK = "clerk"
    PERSONAL = "personal"
    LEGAL_PERSON = "legal-person"


KIND_NAMES: Final = {
    CertificateKind.ENTERPRISE: "企业证书",
    CertificateKind.CLERK: "办事人员证书",
    CertificateKind.PERSONAL: "个人证书",
    CertificateKind.LEGAL_PERSON: "法定代表人证书",
}
"""How people call each kind."""


class Custody(StrEnum):
    """Where a subscriber's private key is kept: by this service under a PIN, or on the holder's own lock."""

    WRAPPED = "wrapped"
    RESIDENT = "resident"
    LOCK = "lock"


class Occasion(StrEnum):
    """What operators approve: a first certificate, its successor, or a new PIN for a key that is there."""

    NEW = "new"
    RENEWAL = "renewal"
    PIN_RESET = "pin-reset"


_PIN_RESET_APPROVALS: Final = 2  # whoever resets a PIN holds the key: never one operator alone


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture that a product asks for beside the form, e.g. 法人身份证复印件. ``note``: how to make it."""

    code: str
    name: str
    required: bool = True
    note: str = ""


def approvals_for(occasion: Occasion, new: int, renewal: int) -> int:
    """How many operators must approve; none where a product says 0."""
    return {Occasion.NEW: new, Occasion.RENEWAL: renewal, Occasion.PIN_RESET: _PIN_RESET_APPROVALS}[occasion]


def is_offered(on_offer: bool, begins: datetime | None, ends: datetime | None, now: datetime) -> bool:
    """Whether a product can be applied for now. ``ends``: the first moment when it cannot any more."""
    return on_offer and (begins is None or begins <= now) and (ends is None or now < ends)


def check_window(begins: datetime | None, ends: datetime | None) -> None:
    """Raises SaleWindowRefused."""
    if begins is not None and ends is not None and ends <= begins:
        raise SaleWindowRefused("offered_until lies before offered_from")


def check_attachments(attachments: Iterable[Attachment]) -> None:
    """Raises AttachmentRepeated."""
    seen: set[str] = set()
    for one in attachments:
        if one.code in seen:
            raise AttachmentRepeated(f"{one.code} is said twice", attachment=one.code)
        seen.add(one.code)


def term_text(validity_days: int, fee_fen: int) -> str:
    """Validity and fee as forms say them: 一年，200 元; 免费一个月."""
    period = _period(validity_days)
    return f"{period}，{_yuan(fee_fen)} 元" if fee_fen else f"免费{period}"


_UNITS: Final = ("零", "一", "两", "三", "四", "五", "六", "七", "八", "九", "十")


def _period(days: int) -> str:
    years, over = divmod(days, 365)
    if 1 <= years <= 10 and over <= (years + 3) // 4:  # with its leap days
        return f"{_UNITS[years]}年"
    months, over = divmod(days, 30)
    if 1 <= months <= 10 and over <= (months + 1) // 2:  # with its days 31
        return f"{_UNITS[months]}个月"
    return f"{days} 天"


def _yuan(fen: int) -> str:
    yuan, rest = divmod(fen, 100)
    return f"{yuan}.{rest:02d}" if rest else str(yuan)
