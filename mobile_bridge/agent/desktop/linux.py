"""Linux desktops: a desktop entry, and the scheme's default application (as freedesktop.org has it)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mobile_bridge.agent.errors import SchemeNotRegistered

NAME: Final = "sealbridge-agent.desktop"
_TYPE: Final = "x-scheme-handler/sealbridge"
_RESERVED: Final = re.compile(r"[^A-Za-z0-9_./:@%+=,-]")


@dataclass(frozen=True, slots=True)
class Linux:
    """``data``: XDG_DATA_HOME; ``config``: XDG_CONFIG_HOME."""

    data: Path
    config: Path

    @classmethod
    def of_user(cls) -> Linux:
        """The folders of this user."""
        data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
        config = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
        return cls(Path(data), Path(config))

    @property
    def entry(self) -> Path:
        """The desktop entry."""
        return self.data / "applications" / NAME

    def register(self, command: Sequence[str]) -> str:
        """Write the entry and make it the default. Raises SchemeNotRegistered."""
        self.entry.parent.mkdir(parents=True, exist_ok=True)
        self.entry.write_text(desktop_entry(command), encoding="utf-8")
        _run("update-desktop-database", str(self.entry.parent))  # needed by some desktops alone
        reason = _run("xdg-mime", "default", NAME, _TYPE)
        if reason:
            raise SchemeNotRegistered(f"xdg-mime: {reason}", reason=f"xdg-mime: {reason}")
        return str(self.entry)

    def unregister(self) -> None:
        """Remove the entry, and its name where it is the default."""
        self.entry.unlink(missing_ok=True)
        _run("update-desktop-database", str(self.entry.parent))
        for file in (self.config / "mimeapps.list", self.data / "applications" / "mimeapps.list"):
            if file.exists():
                _drop(file)


def desktop_entry(command: Sequence[str]) -> str:
    """The file (Desktop Entry Specification 1.5). ``%u``: the link, when there is one."""
    return (
        "[Desktop Entry]\nType=Application\nVersion=1.5\nName=SealBridge CA Lock Agent\n"
        "Name[zh_CN]=CA 锁签章程序\nComment=Approves documents with a CA lock\n"
        f"Comment[zh_CN]=用 CA 锁在本机签章\nExec={' '.join(map(quoted, command))} %u\n"
        f"Terminal=false\nStartupNotify=false\nCategories=Utility;\nMimeType={_TYPE};\n"
    )


def quoted(argument: str) -> str:
    """An argument of an ``Exec`` line: quoted for the line, then escaped for the file, ``%`` doubled."""
    text = argument.replace("%", "%%")
    if _RESERVED.search(argument):
        text = '"' + re.sub(r'(["`$\\])', r"\\\1", text) + '"'
    return text.replace("\\", "\\\\")


def _drop(file: Path) -> None:
    """Take our name out of the defaults; what others wrote stays as it is."""
    kept = []
    for line in file.read_text(encoding="utf-8").splitlines():
        key, is_pair, value = line.partition("=")
        if is_pair and key.strip() == _TYPE:
            others = [each for each in value.split(";") if each.strip() not in ("", NAME)]
            if not others:
                continue
            line = f"{key}={';'.join(others)};"
        kept.append(line)
    file.write_text("\n".join(kept) + "\n", encoding="utf-8")


def _run(*command: str) -> str:
    """Run a program; nothing when it did its work, else why not."""
    program = shutil.which(command[0])
    if program is None:
        return "not installed"
    try:
        done = subprocess.run(  # noqa: S603 - names of our own
            [program, *command[1:]], capture_output=True, text=True, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return type(error).__name__
    return "" if done.returncode == 0 else f"{done.returncode} {done.stderr.strip()}"
