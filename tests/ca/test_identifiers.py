from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ca.errors import InvalidCreditCode, InvalidIdNumber
from ca.identifiers import check_credit_code, check_id_number

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def credit_code(authority: str, organisation: str = "MA3C0TEQ") -> str:
    """A code computed from the standards' formulas, written apart from the code under test."""
    weights = [3, 7, 9, 10, 5, 8, 4, 2]
    values = [int(c, 36) for c in organisation]
    rest = sum(v * w for v, w in zip(values, weights, strict=True)) % 11
    body = f"{authority}1371300{organisation}{'0X987654321'[rest] if rest else '0'}"
    total, weight = 0, 1
    for character in body:
        total += _ALPHABET.index(character) * weight
        weight = weight * 3 % 31
    return body + _ALPHABET[(31 - total % 31) % 31]


@pytest.mark.parametrize("authority", list("123456789ANY"))
def test_every_registering_authority_is_accepted(authority: str) -> None:
    code = credit_code(authority)
    assert check_credit_code(code) == code


def test_small_letters_and_spaces_around_are_forgiven() -> None:
    assert check_credit_code(" 91371300ma3c0teq4m ") == "91371300MA3C0TEQ4M"


@given(st.integers(0, 17), st.sampled_from(_ALPHABET))
def test_any_single_wrong_character_is_found(position: int, character: str) -> None:
    code = credit_code("9")
    wrong = code[:position] + character + code[position + 1 :]
    if wrong != code:
        with pytest.raises(InvalidCreditCode):
            check_credit_code(wrong)


def test_the_organisation_code_inside_has_its_own_check_character() -> None:
    code = credit_code("9")
    inner = "1" if code[16] != "1" else "2"
    body = code[:16] + inner
    total = sum(_ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(body))
    outer_right = body + _ALPHABET[(31 - total % 31) % 31]
    with pytest.raises(InvalidCreditCode, match="inside"):
        check_credit_code(outer_right)


@pytest.mark.parametrize(
    "text", ["", "9", "I" * 18, "91371300MA3C0TEQ4MM", "９１３７１３００ＭＡ３Ｃ０ＴＥＱ４Ｍ"]
)
def test_other_shapes_are_refused(text: str) -> None:
    with pytest.raises(InvalidCreditCode):
        check_credit_code(text)


def id_number(first17: str) -> str:
    remainder = sum(int(d) * pow(2, 17 - i, 11) for i, d in enumerate(first17)) % 11
    return first17 + "10X98765432"[remainder]


@pytest.mark.parametrize(
    "first17",
    [
        "37130219850412001",  # a citizen
        "81000019900101001",  # Hong Kong residence permit
        "83000019900101002",  # Taiwan residence permit
        "93115619880808123",  # foreigner's permanent residence card
    ],
)
def test_all_kinds_of_identity_numbers_are_accepted(first17: str) -> None:
    assert check_id_number(id_number(first17)) == id_number(first17)


@pytest.mark.parametrize("text", ["", "371302198504120011", "37130219850230001X", "A7130219850412001X"])
def test_wrong_identity_numbers_are_refused(text: str) -> None:
    with pytest.raises(InvalidIdNumber):
        check_id_number(text)


def test_a_wrong_check_digit_is_found() -> None:
    right = id_number("37130219850412001")
    wrong = right[:-1] + ("1" if right[-1] != "1" else "2")
    with pytest.raises(InvalidIdNumber):
        check_id_number(wrong)
