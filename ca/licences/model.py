"""A licence as typed, as read, and how the two agree. Without OpenCV or OCR."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LicenceField(StrEnum):
    """What is compared."""

    CREDIT_CODE = "credit_code"  # 统一社会信用代码
    NAME = "name"  # 名称
    LEGAL_PERSON = "legal_person"  # 法定代表人


class Agreement(StrEnum):
    """How a field on the picture stands to what was typed."""

    EQUAL = "equal"
    DIFFERS = "differs"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class TypedLicence:
    """What the applicant typed."""

    credit_code: str
    name: str
    legal_person: str


@dataclass(frozen=True, slots=True)
class FieldReading:
    """One field: what was read (None: nothing that could be it) and how that agrees with what was typed."""

    field: LicenceField
    read: str | None
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class LicenceReading:
    """What the picture of a licence says. ``qr`` is the text of its QR code, if one was decoded."""

    qr: str | None
    fields: tuple[FieldReading, ...]

    @property
    def agrees(self) -> bool:
        """Whether every field was read and is as typed."""
        return all(one.agreement is Agreement.EQUAL for one in self.fields)
