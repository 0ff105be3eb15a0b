"""A terminal as the screen of the steps: codes in half blocks, bars of progress."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Final, Self

import qrcode
from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn
from rich.text import Text

from mobile_bridge.bidding.scanning import Code

_EVERY: Final = 2.0
"""Seconds between codes where a terminal cannot draw over the one before."""

_HALVES: Final = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}
_DARK_ON_LIGHT: Final = "black on bright_white"


def half_blocks(text: str) -> str:
    """A QR code with its quiet zone, two rows of modules in a line; blocks are its dark modules."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_L, border=4)
    code.add_data(text)
    rows = code.get_matrix()
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return "\n".join("".join(_HALVES[pair] for pair in zip(*both, strict=True)) for both in pairs)


class Terminal:
    """A ``scanning.Screen``. Where the output is no terminal, everything is printed line after line."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(file=sys.stdout, highlight=False, soft_wrap=True)
        self._live: Live | None = None
        self._bars: Progress | None = None
        self._bar: tuple[str, TaskID] | None = None
        self._codes: list[Code] = []
        self._digest = self._words = ""
        self._drawn = ("", 0.0)
        self._tenths: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ended()
        if self._bars is not None:
            self._bars.stop()

    def say(self, words: str) -> None:
        """A line; control characters of others are not obeyed."""
        self._console.print("".join(one if one.isprintable() else "?" for one in words), markup=False)

    def shows(self, title: str, digest: str) -> None:
        """A scan begins."""
        self._digest = " ".join(digest[at : at + 4].upper() for at in range(0, 16, 4))
        self._words = ""
        if self._console.is_terminal:
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()

    def codes(self, codes: list[Code]) -> None:
        """The next codes."""
        self._codes = codes
        self.tick()

    def hint(self, words: str) -> None:
        """What the person is to do."""
        if words != self._words:
            self._words = words
            if self._live is None:
                self.say(words)
        self.tick()

    def tick(self) -> None:
        """Draw the code of this moment."""
        now = time.monotonic()
        text = next((one.text for one in reversed(self._codes) if one.since <= now), "")
        if self._live is not None:
            self._live.update(self._picture(text), refresh=text != self._drawn[0] or bool(self._words))
            self._drawn = (text, now)
        elif text and text != self._drawn[0] and now - self._drawn[1] >= _EVERY:
            self._drawn = (text, now)
            self._console.print(half_blocks(text), markup=False)
            self.say(f"请求摘要：{self._digest}")

    def ended(self) -> None:
        """The code disappears."""
        self._codes = []
        if self._live is not None:
            self._live.stop()
            self._live = None

    def progress(self, title: str, done: int, size: int) -> None:
        """A bar for each title; tenths where nothing can be drawn over."""
        if self._console.is_terminal:
            self._draw_bar(title, done, size)
        elif (tenth := 10 * done // size if size else 10) != self._tenths.get(title):
            self._tenths[title] = tenth
            self.say(f"{title} {10 * tenth}%")

    def _picture(self, text: str) -> Text:
        picture = Text(half_blocks(text), style=_DARK_ON_LIGHT) if text else Text()
        picture.append(
            f"\n{self._words}\n请求摘要：{self._digest}（应与手机上显示的一致）", style="default on default"
        )
        return picture

    def _draw_bar(self, title: str, done: int, size: int) -> None:
        if self._bars is None:
            columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
            self._bars = Progress(*columns, console=self._console)
            self._bars.start()
        if self._bar is None or self._bar[0] != title:
            self._bar = (title, self._bars.add_task(title, total=size))
        self._bars.update(self._bar[1], completed=done)
