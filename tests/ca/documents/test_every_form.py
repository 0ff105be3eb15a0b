"""What holds for each form: values are shown as they are, long ones wrap, what cannot be seen is named."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import combinations
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from ca.documents.forms import render_application_form
from ca.documents.previews import page_png
from ca.documents.sheets import ROWS, Group, Sheet, render_sheet
from ca.documents.transfer import TransferLetter, render_transfer_letter
from ca.typesetting.errors import GlyphsMissing
from tests.ca.documents.test_forms import FORM
from tests.ca.judges import run

LETTER = TransferLetter(
    number="YJ202611230001",
    written_on=date(2026, 11, 23),
    enterprise_name="临沂某某建设工程有限公司",
    credit_code="91371300MA3C0TEQ4M",
    giver_name="张三",
    giver_phone="138****8000",
    recipient_name="李四",
    recipient_phone="139****8000",
)


def application_form(value: str) -> bytes:
    texts = ("ca_name", "enterprise_name", "legal_person", "administrator_name", "platform", "scope", "term")
    return render_application_form(replace(FORM, **dict.fromkeys(texts, value)))


def sheet(value: str) -> bytes:
    rows = tuple((f"第{number}行", value) for number in range(ROWS))
    return render_sheet(
        Sheet(
            title="数字证书使用授权书",
            number="SQ202611230001",
            made_on=date(2026, 11, 23),
            addressee=value,
            author=value,
            groups=(Group("单位", rows[:4]), Group("办事人员", rows[4:])),
            heading="授权委托",
            statements=(f"本单位授权{value}。",),
            signed_as="签名",
            sealed_as="单位公章",
        )
    )


def letter(value: str) -> bytes:
    texts = ("enterprise_name", "giver_name", "recipient_name")
    return render_transfer_letter(replace(LETTER, **dict.fromkeys(texts, value)))


each_form = pytest.mark.parametrize("render", [application_form, sheet, letter])
Render = Callable[[str], bytes]


def words(pdf: bytes, folder: Path) -> list[tuple[float, float, float, float, str]]:
    """Left, top, right, bottom in points, and the text."""
    (folder / "form.pdf").write_bytes(pdf)
    assert "Pages:           1\n" in run("pdfinfo", folder / "form.pdf")[1]
    told = run("pdftotext", "-bbox", folder / "form.pdf", "-")[1]
    boxes = re.findall(r'xMin="(.+?)" yMin="(.+?)" xMax="(.+?)" yMax="(.+?)">(.*?)</word>', told)
    return [(*map(float, box[:4]), html.unescape(box[4])) for box in boxes]  # type: ignore[misc]


def text_of(pdf: bytes, folder: Path) -> str:
    (folder / "form.pdf").write_bytes(pdf)
    text = run("pdftotext", "-raw", folder / "form.pdf", "-")[1]
    return "".join(text.replace("\u200b", "").split())


@each_form
@pytest.mark.parametrize(
    "value",
    [
        '#panic("taken over")',
        '#read("/etc/passwd") #import "x.typ": * #sys.inputs.data',
        "$ x^2 $ 与 $y$",
        "*粗* _斜_ `原样` = 标题 - 项 / 词: 义 + 一 <标签> @引用 // 注 /* 注 */",
        r"\ \\ \u{1F600} \n \" \# ~ -- ---",
        '"], data.seal, eval("1") ) ] } //',
        "</text><script>&amp;",
        '{"seal": {"x": 0}} %s %(a)s {0} ${a}',
    ],
)
def test_a_value_is_shown_as_it_is(render: Render, value: str, tmp_path: Path) -> None:
    assert "".join(value.split()) in text_of(render(value), tmp_path)


@each_form
@pytest.mark.parametrize(
    "value", ["名" * 120, "W" * 120, "阿卜杜热合曼·" * 17, "Linyi International Construction " * 3]
)
def test_long_values_wrap_and_nothing_lies_over_anything_else(
    render: Render, value: str, tmp_path: Path
) -> None:
    pdf = render(value)
    assert "".join(value.split()) in text_of(pdf, tmp_path)
    found = words(pdf, tmp_path)
    for left, _, right, _, word in found:
        assert left > 50, word
        assert right < 595 - 50, word
    for (a, top, b, bottom, word), (c, other_top, d, other_bottom, other) in combinations(found, 2):
        wide, high = min(b, d) - max(a, c), min(bottom, other_bottom) - max(top, other_top)
        least = min(bottom - top, other_bottom - other_top)
        assert wide < 1 or high < 0.5 * least, (word, other)


@each_form
@pytest.mark.parametrize(
    ("value", "named"),
    [
        ("张𠮷", "U+20BB7"),  # CJK Extension B
        ("王\U0002a6df", "U+2A6DF"),
        ("李\U00030000", "U+30000"),  # Extension G
        ("公司😀", "U+1F600"),
        ("张三\n李四", "U+000A"),
        ("张\t三", "U+0009"),
        ("张三\u2028李四", "U+2028"),
        ("有限\u202e司公", "U+202E"),  # RIGHT-TO-LEFT OVERRIDE
        ("\u2067有限公司\u2069", "U+2067"),
        ("张\u200b三", "U+200B"),
        ("张\u00ad三", "U+00AD"),  # SOFT HYPHEN: the font has it, and it is not seen
        ("\ufeff张三", "U+FEFF"),
        ("张三\x00", "U+0000"),
        ("\ue000有限公司", "U+E000"),  # private use
        ("葛\U000e0100城", "U+E0100"),  # a variation selector
    ],
)
def test_what_cannot_be_seen_as_it_is_is_named(render: Render, value: str, named: str) -> None:
    with pytest.raises(GlyphsMissing, match=re.escape(named)) as refusal:
        render(value)
    assert named in refusal.value.message


@each_form
@pytest.mark.parametrize(
    "value",
    [
        "㛃䶮㼆䝙",  # CJK Extension A, all of which is there
        "𫖮𫍯𬀩𬍛𬭎𬭶𬱖𫓧",  # Extensions B to E, of the 8,105 characters of 通用规范汉字表 (2013)
        "阿卜杜热合曼·买买提",
        "〇·（）《》“”—…、；：？！＆",
    ],
)
def test_rare_characters_of_names_are_there(render: Render, value: str, tmp_path: Path) -> None:
    assert value in text_of(render(value), tmp_path)


@each_form
def test_a_preview_shows_what_the_paper_shows(render: Render, tmp_path: Path) -> None:
    """Judged by another renderer: poppler's page is the same but for the edges of letters."""
    pdf = render("临沂某某建设工程有限公司")
    (tmp_path / "form.pdf").write_bytes(pdf)
    (tmp_path / "ours.png").write_bytes(page_png(pdf, 1, 720))
    run("pdftoppm", "-png", "-scale-to-x", "720", "-scale-to-y", "-1", tmp_path / "form.pdf", tmp_path / "p")
    ours = Image.open(tmp_path / "ours.png").convert("L")
    theirs = Image.open(next(tmp_path.glob("p*.png"))).convert("L").resize(ours.size)
    assert ours.width == 720
    assert abs(ours.height - 720 * 297 / 210) < 1
    small = [one.resize((120, 170), Image.Resampling.BOX) for one in (ours, theirs)]
    difference = ImageStat.Stat(ImageChops.difference(*small))
    assert difference.mean[0] < 3
    assert ImageStat.Stat(small[0]).stddev[0] > 10  # not a blank page
