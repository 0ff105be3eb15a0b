"""Check digits of the identifiers that people type. Pure.

Checked here, because python-stdnum refuses credit codes that begin with A, N or Y, does not look at the
organisation code inside, and refuses residence permits for their place codes.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from ca.errors import InvalidCreditCode, InvalidIdNumber

# GB 32100-2015: digits and capitals without I, O, S, V, Z.
_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS: Final = tuple(pow(3, position, 31) for position in range(17))
# First character: the registering authority (GB 32100-2015, table 1, with its amendments).
_AUTHORITIES: Final = "123456789ANY"

# GB 11714-1997: the organisation code in positions 9 to 17, its own check character last.
_ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

# GB 11643-1999 (ISO 7064 MOD 11-2).
_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS: Final = "10X98765432"
_ID_NUMBER: Final = re.compile(r"[1-9][0-9]{16}[0-9X]")


def check_credit_code(text: str) -> str:
    """The 统一社会信用代码 in capitals, when both its check digits hold. Raises InvalidCreditCode."""
    code = text.strip().upper()
    if len(code) != 18 or any(character not in _ALPHABET for character in code):
        raise InvalidCreditCode("18 characters of GB 32100 are expected")
    if code[0] not in _AUTHORITIES:
        raise InvalidCreditCode("the first character names no registering authority")
    if code[16] != _organisation_check(code[8:16]):
        raise InvalidCreditCode("the organisation code inside has a wrong check character")
    total = sum(_ALPHABET.index(code[i]) * weight for i, weight in enumerate(_CREDIT_WEIGHTS))
    if code[17] != _ALPHABET[-total % 31]:
        raise InvalidCreditCode("the check character is wrong")
    return code


def check_id_number(text: str) -> str:
    """The 18-character identity number in capitals. Raises InvalidIdNumber.

    Citizens, residence permits (place codes 81 to 83) and foreigners' permanent residence (first digit 9)
    share form and check digit. The place is not looked up: no list of them is ever complete.
    """
    number = text.strip().upper()
    if not _ID_NUMBER.fullmatch(number):
        raise InvalidIdNumber("17 digits and a digit or X are expected")
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise InvalidIdNumber("the date of birth does not exist") from None
    total = sum(int(digit) * weight for digit, weight in zip(number, _ID_WEIGHTS, strict=False))
    if number[17] != _ID_CHECKS[total % 11]:
        raise InvalidIdNumber("the check digit is wrong")
    return number


def _organisation_check(body: str) -> str:
    total = sum(
        _ORGANISATION_ALPHABET.index(character) * weight
        for character, weight in zip(body, _ORGANISATION_WEIGHTS, strict=True)
    )
    check = 11 - total % 11
    return {10: "X", 11: "0"}.get(check, str(check))
