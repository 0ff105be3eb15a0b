"""The ``sealbridge:`` link, made known to the desktop for this user. No administrator is needed.

The link starts the program and says no more: a program's arguments are seen by every other program on the
PC, so no task and no token ever come this way.
"""

from __future__ import annotations

import sys
from typing import Final

from mobile_bridge.agent.desktop import linux, macos, windows

SCHEME: Final = "sealbridge"


def start_command() -> list[str]:
    """What starts this very program, to be followed by the link. ``-P``: whatever the folder it runs in."""
    python = windows.without_console(sys.executable) if sys.platform == "win32" else sys.executable
    return [python, "-P", "-m", "mobile_bridge.agent", "serve", "--open"]


def register() -> str:
    """Make the link known; where it was written. Raises SchemeNotRegistered."""
    return _system().register(start_command())


def unregister() -> None:
    """Take everything back that ``register`` wrote."""
    _system().unregister()


def _system() -> linux.Linux | macos.MacOs | windows.Windows:
    if sys.platform == "win32":
        return windows.Windows()
    return macos.MacOs.of_user() if sys.platform == "darwin" else linux.Linux.of_user()
