"""Where this user's files of the agent are: what a person may edit, and what the program writes by itself."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_NAME: Final = "SealBridge" if sys.platform in ("win32", "darwin") else "sealbridge"


@dataclass(frozen=True, slots=True)
class Folders:
    """``config``: settings and allowed servers; ``state``: logs and the mark of the running program."""

    config: Path
    state: Path

    @classmethod
    def of_user(cls) -> Folders:
        """As each system's own rules have it (XDG Base Directory on Linux)."""
        if sys.platform == "win32":
            roaming = os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming"
            local = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
            return cls(Path(roaming) / _NAME, Path(local) / _NAME)
        if sys.platform == "darwin":
            library = Path.home() / "Library"
            return cls(library / "Application Support" / _NAME, library / "Logs" / _NAME)
        config = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
        state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
        return cls(Path(config) / _NAME, Path(state) / _NAME)

    @classmethod
    def below(cls, home: Path) -> Folders:
        """Both in one folder, for a program that is carried about."""
        return cls(home, home)

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.config / "agent.toml"

    @property
    def servers(self) -> Path:
        """The list of servers that a person has allowed."""
        return self.config / "servers.json"

    @property
    def log(self) -> Path:
        """The newest log file; older ones beside it end in .1 and so on."""
        return self.state / "agent.log"

    @property
    def instance(self) -> Path:
        """The mark of the running program."""
        return self.state / "instance.json"
