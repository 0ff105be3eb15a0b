"""Comparing what was read with what was typed: no picture is needed for that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ca.licences.model import Agreement, LicenceField
from ca.licences.reading import compared
from ca.licences.rules import code_in, name_in, person_in, same
from tests.support.camera.licences import LICENCES, qr_content

TYPED = LICENCES[2]
LINES = [
    "营业执照",
    "统一社会信用代码",
    "91110108MA01KQ0D47",
    "名 称",
    "北京云杉数字科技（集团）股份有限公司",
    "注册资本",
    "法定代表人 李敏",
    "经营范围",
]


def agreements(lines: list[str], qr: str | None = None, **typed: str) -> dict[LicenceField, Agreement]:
    return {one.field: one.agreement for one in compared(qr, lines, replace(TYPED, **typed)).fields}


def test_all_equal() -> None:
    assert compared(None, LINES, TYPED).agrees


@pytest.mark.parametrize(
    ("read", "typed"),
    [
        ("９１１１０１０８ＭＡ０１ＫＱ０Ｄ４７", TYPED.credit_code),
        ("91110108MAO1KQOD47", TYPED.credit_code),
        ("9111 0108 MA0I KQ0D 47", TYPED.credit_code),
    ],
)
def test_confusions_of_ocr_are_forgiven_in_codes(read: str, typed: str) -> None:
    found = compared(None, [f"统一社会信用代码:{read}"], replace(TYPED, credit_code=typed)).fields[0]
    assert found.agreement in (Agreement.EQUAL, Agreement.UNREADABLE)
    if " " not in read:
        assert (found.read, found.agreement) == (typed, Agreement.EQUAL)


def test_another_valid_code_differs() -> None:
    found = agreements(LINES, credit_code=LICENCES[0].credit_code)
    assert found[LicenceField.CREDIT_CODE] is Agreement.DIFFERS


def test_a_code_with_wrong_check_digits_is_a_misreading() -> None:
    lines = ["91110108MA01KQ0D48"]
    assert agreements(lines)[LicenceField.CREDIT_CODE] is Agreement.UNREADABLE


def test_brackets_and_widths_do_not_matter() -> None:
    assert same("北京云杉（集团）有限公司", "北京云杉(集团)有限公司 ")
    assert not same("临沂建设有限公司", "临沂建工有限公司")


def test_other_name_and_person_differ() -> None:
    found = agreements(LINES, name="北京云彬数字科技（集团）股份有限公司", legal_person="李敏敏")
    assert found[LicenceField.NAME] is Agreement.DIFFERS
    assert found[LicenceField.LEGAL_PERSON] is Agreement.DIFFERS


def test_nothing_read_is_unreadable() -> None:
    assert set(agreements([]).values()) == {Agreement.UNREADABLE}


def test_qr_code_counts_before_ocr() -> None:
    misread = ["统一社会信用代码", "91110108MA01KQ0D48", "名称", "北京云彬数字科技股份有限公司"]
    found = agreements(misread, qr_content(TYPED, linked=False))
    assert found[LicenceField.CREDIT_CODE] is found[LicenceField.NAME] is Agreement.EQUAL
    assert agreements(misread, qr_content(TYPED, linked=True))[LicenceField.CREDIT_CODE] is Agreement.EQUAL


def test_labels_without_values_take_no_other_label() -> None:
    assert name_in(["名称", "类型", "有限责任公司"]) is None
    assert person_in(["负责人：王五"]) == "王五"
    assert code_in(["电话 13800001234"], lambda _: True) is None
