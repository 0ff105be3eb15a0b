"""The widget's QR encoder in a real browser, beside two others: module by module, and read back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import qrcode
import zxingcpp
from fastapi import FastAPI
from PIL import Image
from playwright.sync_api import Page
from qrcode.util import MODE_8BIT_BYTE, QRData

from mobile_bridge.server import widget
from tests.mobile_bridge.serving import listening_socket, served
from tests.support.browser import CHROMIUM, chromium

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")

FRAME = "https://ca.example.cn/q/" + "aZ09-_.x" * 400
# About the borders of versions, the change of the length field (10), of version information (7).
LENGTHS = (1, 14, 15, 26, 27, 42, 60, 84, 106, 107, 122, 123, 180, 213, 214, 300, 500, 1000, 1700, 2331)
ENCODE = """async (cases) => {
  const { encode } = await import("/widget/v1/qr.js");
  return cases.map(([text, mask]) => {
    const { size, isDark } = encode(text, mask);
    const all = Array.from({ length: size }, (_, i) => i);
    return all.map((y) => all.map((x) => +isDark(x, y)).join(""));
  });
}"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    app = FastAPI()
    app.include_router(widget.router())
    with served(app, listening_socket()) as origin, chromium() as browser:
        page = browser.new_page()
        page.goto(f"{origin}/widget/v1/qr.js")
        yield page


def drawn_by_python(text: str, mask: int) -> list[str]:
    code: Any = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=0, mask_pattern=mask)
    code.add_data(QRData(text.encode(), mode=MODE_8BIT_BYTE))
    return ["".join(str(int(dark)) for dark in row) for row in code.get_matrix()]


def test_it_draws_what_the_python_package_draws(page: Page) -> None:
    cases = [(FRAME[:length], length % 8) for length in LENGTHS]
    cases += [("扫码签章", mask) for mask in range(8)]
    for (text, mask), rows in zip(cases, page.evaluate(ENCODE, cases), strict=True):
        assert rows == drawn_by_python(text, mask), (len(text), mask)


def test_another_reader_reads_it_whatever_mask_is_chosen(page: Page) -> None:
    texts = [FRAME[:length] for length in LENGTHS] + ["https://例子.cn/扫"]
    for text, rows in zip(texts, page.evaluate(ENCODE, [[text, None] for text in texts]), strict=True):
        side = len(rows) + 8
        picture = Image.new("L", (side, side), 255)
        for y, row in enumerate(rows):
            for x, dark in enumerate(row):
                picture.putpixel((x + 4, y + 4), 0 if dark == "1" else 255)
        (found,) = zxingcpp.read_barcodes(picture.resize((side * 4, side * 4), Image.Resampling.NEAREST))
        assert found.text == text, len(text)
        assert found.ec_level == "M"


def test_what_is_too_long_is_said(page: Page) -> None:
    refused = """async (text) => {
      const { encode } = await import("/widget/v1/qr.js");
      try { encode(text); } catch (error) { return error.name; }
    }"""
    assert page.evaluate(refused, FRAME[:2332]) == "RangeError"
