"""A real Chromium, driven through its own protocol; the machine's own, none is downloaded."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Error, Page, sync_playwright

CHROMIUM = shutil.which("chromium")


@contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    """A headless browser; ``flags``: more for its command line."""
    assert CHROMIUM
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", *flags],
        )
        yield browser
        browser.close()


def codes_seen(page: Page) -> list[str]:
    """The texts of the QR codes in a picture of what a person would see on the screen."""
    picture = Image.open(BytesIO(_picture(page)))
    return [found.text for found in zxingcpp.read_barcodes(picture)]


def _picture(page: Page, tries: int = 10) -> bytes:
    """A screenshot. On a busy machine Chromium may fail to take one of a page that is just being drawn."""
    for _ in range(tries - 1):
        try:
            return page.screenshot()
        except Error:
            page.wait_for_timeout(200)
    return page.screenshot()
