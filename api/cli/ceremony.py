"""``sealbridge ceremony``: key ceremonies from a plan, on a machine of their own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.provisioning.folders import ensure_softhsm
from api.settings import softhsm_library
from ca.ceremony.files import keep_secret
from ca.ceremony.performing import Performance, rehearsal_of
from ca.ceremony.plan import read_plan


def command(
    plan: Annotated[Path, typer.Argument(help="仪式计划（YAML）", exists=True, dir_okay=False)],
    rehearse: Annotated[
        bool, typer.Option("--rehearse", help="演练：用临时的 SoftHSM2 设备，不触及真实设备")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="不再逐项询问")] = False,
    shares: Annotated[
        Path | None,
        typer.Option(help="分持口令写入或读自该目录的 officer-N.txt，代替屏幕和键盘", show_default=False),
    ] = None,
    pin_file: Annotated[
        Path | None, typer.Option(help="单人 PIN 的设备：从文件读取 PIN", show_default=False)
    ] = None,
    softhsm: Annotated[
        Path | None, typer.Option(help="SoftHSM2 设备所在目录（离线机器上的小型部署）", show_default=False)
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="续做中断的仪式：沿用设备中已生成的密钥")] = False,
) -> None:
    """按计划举行密钥仪式：根、签发 CA、交叉证书、锁 CA、根吊销列表、换钥、销毁。"""
    read = read_plan(plan)
    with _place(rehearse, softhsm) as folder:
        if rehearse:
            read = rehearsal_of(read, softhsm_library(), datetime.now(UTC))
            shares, yes = folder / "shares", True
        console = Terminal(yes, shares, pin_file)
        Performance(read, console, lambda: datetime.now(UTC), resume, rehearse).perform()


@contextmanager
def _place(rehearse: bool, softhsm: Path | None) -> Iterator[Path]:
    """Where SoftHSM2 keeps its tokens, told before its library is loaded."""
    if rehearse:
        with tempfile.TemporaryDirectory(prefix="sealbridge-rehearsal-") as folder:
            os.environ["SOFTHSM2_CONF"] = str(ensure_softhsm(Path(folder)))
            yield Path(folder)
        return
    if softhsm is not None:
        softhsm.mkdir(parents=True, exist_ok=True)
        os.environ["SOFTHSM2_CONF"] = str(ensure_softhsm(softhsm.absolute()))
    yield Path()


@dataclass(frozen=True, slots=True)
class Terminal:
    """The people at this terminal. ``shares``: a folder in their place."""

    yes: bool
    shares: Path | None
    pin_file: Path | None

    def say(self, text: str) -> None:
        """Print a line."""
        typer.echo(text)

    def confirm(self, question: str) -> bool:
        """Ask for y or n."""
        return self.yes or typer.confirm(question)

    def show_share(self, number: int, of: int, words: str) -> None:
        """Show it until its officer has written it down, then wipe it off the screen."""
        if self.shares is not None:
            self.shares.mkdir(mode=0o700, parents=True, exist_ok=True)
            keep_secret(self.shares / f"officer-{number}.txt", words)
            return
        typer.prompt(f"第 {number}/{of} 位保管人单独在屏幕前时按回车", default="", show_default=False)
        typer.echo("\n".join(f"{at:2d} {word}" for at, word in enumerate(words.split(), 1)))
        typer.prompt("抄写并核对后按回车，屏幕将被清除", default="", show_default=False)
        typer.echo("\x1b[3J\x1b[2J\x1b[H", nl=False)  # with what scrolled off

    def ask_share(self, number: int, needed: int) -> str:
        """Type it unseen."""
        if self.shares is not None:
            return (self.shares / f"officer-{number}.txt").read_text(encoding="utf-8").strip()
        typed: str = typer.prompt(f"第 {number}/{needed} 位保管人输入分持口令", hide_input=True)
        return typed

    def ask_pin(self, token: str) -> str:
        """Type it unseen."""
        if self.pin_file is not None:
            return self.pin_file.read_text(encoding="utf-8").strip()
        typed: str = typer.prompt(f"设备 {token} 的 PIN", hide_input=True)
        return typed
