"""认领企业: what a person says about an enterprise, checked without asking anybody else. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from api.errors import AppError
from ca.distinguished import check_text
from ca.identifiers import check_credit_code, check_id_number
from hsm.errors import Kind


class NameInvalid(AppError):
    """A person's name is empty, too long, or has characters that no name has."""

    kind = Kind.INVALID
    code = "name_invalid"
    zh = "{field}为空、过长或含有无效字符，请核对"


@dataclass(frozen=True, slots=True)
class Claim:
    """An enterprise as it is registered. Made by ``check_claim`` alone, so always well-formed."""

    name: str
    credit_code: str
    legal_person: str
    legal_person_id: str


def check_claim(name: str, credit_code: str, legal_person: str, legal_person_id: str) -> Claim:
    """Raises InvalidCreditCode, InvalidIdNumber, NameInvalid, SubjectRefused (no certificate can say it)."""
    return Claim(
        name=check_text("enterprise_name", name.strip()),
        credit_code=check_credit_code(credit_code),
        legal_person=check_name("法定代表人姓名", legal_person),
        legal_person_id=check_id_number(legal_person_id),
    )


def check_name(field: str, name: str) -> str:
    """A person's name without the spaces around it. ``field``: what people call it. Raises NameInvalid."""
    trimmed = name.strip()
    if not 1 < len(trimmed) <= 40 or not trimmed.isprintable() or any(one.isdigit() for one in trimmed):
        raise NameInvalid(f"{field}: 2 to 40 printable characters, no digits", field=field)
    return trimmed
