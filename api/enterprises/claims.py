"""认领企业: what a person says about an enterprise, checked without asking anybody else. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from api.realname.rules import check_name
from ca.distinguished import check_text
from ca.identifiers import check_credit_code, check_id_number

__all__ = ["Claim", "check_claim", "check_name"]


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
