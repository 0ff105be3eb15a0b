"""The application form: every field on one page, nothing lost, nothing injected."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from PIL import Image

from ca.documents.errors import FormFieldRefused
from ca.documents.forms import SEAL_PLACE, ApplicationForm, render_application_form
from ca.typesetting.errors import GlyphsMissing
from tests.ca.judges import run

FORM = ApplicationForm(
    application_number="SQ202611230001",
    applied_on=date(2026, 11, 23),
    ca_name="山东某某电子认证服务有限公司",
    enterprise_name="临沂某某建设工程有限公司",
    credit_code="91371300MA3C0TEQ4M",
    legal_person="张三",
    legal_person_id="371325198001011234",
    administrator_name="李四",
    administrator_phone="13800138000",
    administrator_id="371325199002022345",
    platform="费县公共资源交易平台",
    scope="登录、签章、投标文件加密与解密",
    term="免费一个月",
)


def text_of(pdf: bytes, folder: Path) -> str:
    (folder / "form.pdf").write_bytes(pdf)
    _, info = run("pdfinfo", folder / "form.pdf")
    assert "Pages:           1\n" in info
    assert "595.276 x 841.89 pts (A4)" in info
    return run("pdftotext", "-raw", folder / "form.pdf", "-")[1]


def test_every_field_and_label_is_printed(tmp_path: Path) -> None:
    text = text_of(render_application_form(FORM), tmp_path)
    for name in ApplicationForm.__slots__:
        value = getattr(FORM, name)
        assert str(value) in text
    for label in (
        *("“数字证书和电子签章”企业申请表", "申请日期", "单位名称", "统一社会信用代码", "法定代表人身份证"),
        *("管理员姓名", "管理员手机号码", "管理员身份证号", "平台名称", "使用范围", "使用期限"),
        *("法定代表人／授权代表签名", "单位公章", "申请编号"),
    ):
        assert label in text


def test_only_bundled_fonts(tmp_path: Path) -> None:
    text_of(render_application_form(FORM), tmp_path)
    fonts = run("pdffonts", tmp_path / "form.pdf")[1].splitlines()[2:]
    assert fonts
    assert all("NotoSerifSC" in line or "NotoSansSC" in line for line in fonts)


def test_same_form_same_bytes() -> None:
    with ThreadPoolExecutor(4) as pool:
        copies = set(pool.map(render_application_form, [FORM] * 8))
    assert len(copies) == 1


@pytest.mark.parametrize(
    "value",
    [
        '#panic("injected")',
        "*粗* _斜_ $x$ `code` [内容] <label> @ref // comment /* */ \\u{41} = 标题 ~ -- \"quotes\" 'x'",
        '#sys.inputs #read("/etc/passwd") #import "x.typ"',
    ],
)
def test_values_are_shown_as_they_are(value: str, tmp_path: Path) -> None:
    text = text_of(render_application_form(replace(FORM, platform=value)), tmp_path)
    assert "".join(value.split()) in "".join(text.split())


@pytest.mark.parametrize("value", ["长" * 120, "W" * 120, "山东（临沂）有限公司 " * 10])
def test_long_values_wrap_inside_their_cell(value: str, tmp_path: Path) -> None:
    pdf = render_application_form(replace(FORM, enterprise_name=value))
    text = text_of(pdf, tmp_path)
    assert "".join(value.split()) in "".join(text.replace("\u200b", "").split())
    box = run("pdftotext", "-bbox", tmp_path / "form.pdf", "-")[1]
    right = max(float(line.split('xMax="')[1].split('"')[0]) for line in box.splitlines() if "xMax" in line)
    assert right <= 190 / 25.4 * 72 + 0.5  # the table's right border


def test_the_seal_place_is_empty_but_for_the_date(tmp_path: Path) -> None:
    """A seal of 40 mm there covers neither a value nor the label, and lies inside the table."""
    (tmp_path / "form.pdf").write_bytes(render_application_form(FORM))
    run("pdftoppm", "-r", "72", "-gray", tmp_path / "form.pdf", tmp_path / "form")
    image = Image.open(next(tmp_path.glob("form*.pgm")))
    scale = 72 / 25.4
    x, y = SEAL_PLACE.x_mm * scale, SEAL_PLACE.y_mm * scale
    upper_half = image.crop((int(x - 19 * scale), int(y - 19 * scale), int(x + 19 * scale), int(y + scale)))
    assert min(upper_half.tobytes()) > 150  # the dashed mark is light grey; nothing black
    assert SEAL_PLACE.page == 0


def test_characters_without_a_glyph_are_named() -> None:
    with pytest.raises(GlyphsMissing, match="U\\+20BB7"):
        render_application_form(replace(FORM, legal_person="张𠮷"))
    with pytest.raises(GlyphsMissing, match=r"U\+000A"):
        render_application_form(replace(FORM, scope="登录\n签章"))


@pytest.mark.parametrize("value", ["", "  ", "长" * 121])
def test_empty_and_overlong_fields_are_named(value: str) -> None:
    with pytest.raises(FormFieldRefused) as refusal:
        render_application_form(replace(FORM, administrator_name=value))
    assert refusal.value.message == "管理员姓名为空或过长，请核对"


@pytest.mark.parametrize("name", [name for name in ApplicationForm.__slots__ if name != "applied_on"])
def test_no_field_may_be_left_out(name: str) -> None:
    with pytest.raises(FormFieldRefused):
        render_application_form(replace(FORM, **{name: ""}))
