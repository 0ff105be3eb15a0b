r"""Windows: the scheme under HKEY_CURRENT_USER\Software\Classes, which needs no administrator."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

KEY: Final = r"Software\Classes\sealbridge"


def without_console(python: str) -> str:
    """The interpreter that opens no black window, if it is there."""
    windowed = Path(python).with_name("pythonw.exe")
    return str(windowed) if windowed.exists() else python


def entries(command: Sequence[str]) -> list[tuple[str, str, str]]:
    """Key, name and text of every value. An empty name is the key's default value."""
    program = command[0]
    line = subprocess.list2cmdline(command)  # quoted as CommandLineToArgvW reads it
    return [
        (KEY, "", "URL:SealBridge"),
        (KEY, "URL Protocol", ""),
        (rf"{KEY}\DefaultIcon", "", f'"{program}",0'),
        (rf"{KEY}\shell\open\command", "", f'{line} "%1"'),
    ]


def keys() -> list[str]:
    """Every key that is written, the innermost first: a key with keys below cannot be deleted."""
    return [
        rf"{KEY}\shell\open\command",
        rf"{KEY}\shell\open",
        rf"{KEY}\shell",
        rf"{KEY}\DefaultIcon",
        KEY,
    ]


class Windows:
    """The registry of this user."""

    def register(self, command: Sequence[str]) -> str:
        """Write the keys; the first of them."""
        if sys.platform == "win32":
            import winreg

            for key, name, text in entries(command):
                with winreg.CreateKey(winreg.HKEY_CURRENT_USER, key) as made:
                    winreg.SetValueEx(made, name, 0, winreg.REG_SZ, text)
        return rf"HKCU\{KEY}"

    def unregister(self) -> None:
        """Delete the keys."""
        if sys.platform == "win32":
            import contextlib
            import winreg

            for key in keys():
                with contextlib.suppress(FileNotFoundError):
                    winreg.DeleteKey(winreg.HKEY_CURRENT_USER, key)
