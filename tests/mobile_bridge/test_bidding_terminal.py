"""The bidding tool's screen in a terminal that can draw over itself, and where it cannot."""

from __future__ import annotations

import io
import re
import time
from typing import Any

import zxingcpp
from PIL import Image
from rich.console import Console

from mobile_bridge.bidding.scanning import Code
from mobile_bridge.bidding.terminal import Terminal, half_blocks

URL = "https://ca.example.cn/q/1.AAAAAAAAAAAAAAAAAAAAAAAAAAAA.17.BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
MODULES = {"█": (0, 0), "▀": (0, 255), "▄": (255, 0), " ": (255, 255)}


def seen(lines: list[str]) -> str:
    """What a camera reads from half blocks."""
    pixels = [[MODULES[one][half] for one in line] for line in lines for half in (0, 1)]
    picture = Image.new("L", (len(pixels[0]), len(pixels)))
    picture.putdata([one for row in pixels for one in row])
    (found,) = zxingcpp.read_barcodes(picture.resize((picture.width * 4, picture.height * 4), 0))
    return found.text


def shown(*, is_terminal: bool) -> str:
    output = io.StringIO()
    colours = "truecolor" if is_terminal else None
    looks: dict[str, Any] = {"width": 120, "height": 60, "color_system": colours, "highlight": False}
    console = Console(file=output, force_terminal=is_terminal, **looks)
    with Terminal(console) as screen:
        screen.shows("login", "0123456789abcdef" * 4)
        screen.hint("请用手机 App 扫描二维码")
        screen.codes([Code(time.monotonic() - 1, URL), Code(time.monotonic() + 60, "later")])
        screen.tick()
        screen.ended()
        for done in range(0, 101, 5):
            screen.progress("技术文件 1", done, 100)
        screen.say("单位\x1b[2J名称")
    return output.getvalue()


def test_half_blocks_are_read_by_a_camera() -> None:
    assert seen(half_blocks(URL).splitlines()) == URL


def test_a_terminal_draws_the_code_dark_on_light() -> None:
    told = shown(is_terminal=True)
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", told)
    block = max(re.findall(r"(?:[█▀▄ ]{33,}\n)+", plain.replace("\r", "")), key=len)
    assert seen(block.splitlines()) == URL
    assert "\x1b[30;107m" in told or "\x1b[30;48" in told or "30;107" in told
    assert "0123 4567 89AB CDEF" in plain
    assert "100" in plain


def test_elsewhere_every_line_is_printed_once() -> None:
    told = shown(is_terminal=False)
    assert "\x1b" not in told
    lines = told.splitlines()
    assert lines[0] == "请用手机 App 扫描二维码"
    assert "later" not in told
    assert [one for one in lines if one.startswith("技术文件")] == [
        f"技术文件 1 {10 * n}%" for n in range(11)
    ]
    assert lines[-1] == "单位?[2J名称"
